// One bridge each to a room server and to a channel: what they are made of, and what of it runs.
import { z } from 'zod'
import type { AirTextContext } from '#common/air-text.ts'
import type { RoomServerConf } from '#common/config/companion-conf.ts'
import type { CompanionConf } from '#common/config/radio-conf.ts'
import { NewestSet } from '#common/newest.ts'
import type { PostLog } from '#common/post-log.ts'
import type { EdgeParts } from '../edge-parts.ts'
import type { CompanionRadio } from '../radio/companion-radio.ts'
import { RoomCli } from '../radio/room-cli.ts'
import type { ConsolePosts } from '../room-server/console-posts.ts'
import { blankAck, blankPath } from './blank-packets.ts'
import { ChannelTarget } from './channel-target.ts'
import { CliTarget } from './cli-target.ts'
import type { CompanionAir, Sleep } from './companion-air.ts'
import type { EchoLedger } from './echo-ledger.ts'
import type { ChannelBridge, RoomBridge } from './intake.ts'
import { type Kept, keptJson } from './kept.ts'
import type { LedgerFeed } from './ledger-feed.ts'
import { loginsSchema, loginTimings } from './login-pace.ts'
import { type AirTarget, Outgoing, type Place, placeSchema } from './outgoing.ts'
import { RadioClock } from './radio-clock.ts'
import { RoomClient, type RoomClientTimings } from './room-client.ts'
import { RoomLine } from './room-line.ts'

export interface BridgeParts {
  parts: EdgeParts
  conf: CompanionConf
  radio: CompanionRadio
  air: CompanionAir
  ledger: EchoLedger
  feedOf: (log: PostLog) => LedgerFeed
  consolePostsOf: (log: PostLog) => Pick<ConsolePosts, 'wasOnAir'>
  sleep: Sleep
}

export type Loop = (signal: AbortSignal) => Promise<void>

export interface OpenRoom {
  bridge: RoomBridge
  client: RoomClient
  cli: RoomCli | undefined
  outgoing: Outgoing
  loops: Loop[]
}

export interface OpenChannel {
  bridge: ChannelBridge
  outgoing: Outgoing
  loops: Loop[]
}

const timings: RoomClientTimings = { ...loginTimings, quietMs: 3_600_000, paceMs: 2000 }
const slackMs = 2000
/** So long, at random, to hear whether another gateway says it. */
const spreadMs = 10_000

/** Posts that were heard at one place of the air: whoever said them there, they need not be said there again. */
const heardMax = 2000

/** @throws StoreUnavailableError */
export function openRoom(around: BridgeParts, server: RoomServerConf): OpenRoom {
  const { parts, conf, radio, air, sleep } = around
  const key = Buffer.from(server.key, 'hex')
  const { name, password, room } = server
  const log = logOf(parts, room)
  const heard = new NewestSet<string>(heardMax)
  const line = new RoomLine({ radio, key, password, slackMs, sleep })
  const { texts } = parts
  const place = keptJson(parts.store.meta, `gateway:place:${server.key}`, placeSchema)
  const cli = conf.roomCliPort === undefined ? undefined : roomCli(parts, conf.roomCliPort)
  const client = new RoomClient({
    ...{ radio, line, timings, texts, sleep, random: Math.random, log: parts.log },
    server: { key, name, password, room },
    air: air.queue,
    clock: radioClock(around, server.key),
    logins: keptJson(parts.store.meta, `gateway:logins:${server.key}`, loginsSchema),
    synced: keptJson(parts.store.meta, `gateway:synced:${server.key}`, z.int().min(0)),
    roomAhead: keptJson(parts.store.meta, `gateway:ahead:${server.key}`, z.int()),
    rfMaxAgeMs: conf.rfMaxAgeMs,
    isInDoubt: cli === undefined && (place.load()?.stamp ?? 0) > 0,
    now: () => parts.clock.now(),
  })
  const target = cli === undefined ? client : new CliTarget({ cli, key, texts, rfMaxAgeMs: conf.rfMaxAgeMs })
  const outgoing = outgoingTo(target, around, { log, heard, place })
  const signOfLife = () => {
    client.signOfLife()
    // The radio acknowledges what the room pushes, by itself.
    void line.wayThere().then(
      path => air.saidByItself(blankAck(path), room),
      () => undefined,
    )
  }
  // The way was told by flood, and the radio tells the way back.
  radio.onTold(reply => {
    if (reply.kind === 'path-updated' && Buffer.from(reply.publicKey).equals(key)) air.saidByItself(blankPath(), room)
  })
  const loops: Loop[] = [signal => client.run(signal), signal => outgoing.run(signal)]
  const stored = (second: number) => client.stored(second)
  const bridge = { key, name, log, heard, feed: around.feedOf(log), signOfLife, stored }
  return { bridge, client, cli, outgoing, loops }
}

/** `index`: in the config, and among the radio's channels. @throws StoreUnavailableError */
export function openChannel(around: BridgeParts, index: number): OpenChannel {
  const { parts, conf, radio, air } = around
  const channel = radio.wishedChannels[index]
  const named = conf.channels[index]
  if (channel === undefined || named === undefined) throw new RangeError(`no channel ${index}`)
  const log = logOf(parts, named.room)
  const heard = new NewestSet<string>(heardMax)
  const place = keptJson(parts.store.meta, `gateway:place:${named.secret}:${named.room}`, placeSchema)
  const clock = radioClock(around, named.secret)
  const target = new ChannelTarget({ radio, channel, air: air.queue, clock, texts: channelContext(parts) })
  const outgoing = outgoingTo(target, around, { log, heard, place })
  return {
    bridge: { channel, log, heard, feed: around.feedOf(log) },
    outgoing,
    loops: [signal => outgoing.run(signal)],
  }
}

function outgoingTo(
  target: AirTarget,
  { parts, conf, ledger, consolePostsOf, sleep }: BridgeParts,
  { log, heard, place }: { log: PostLog; heard: Set<string>; place: Kept<Place> },
): Outgoing {
  return new Outgoing({
    ...{ log, target, place, heard, spreadMs, sleep, random: Math.random },
    isOn: () => parts.settings.get(log.room)?.isOnAir ?? false,
    isBlocked: author => parts.settings.get(log.room)?.isBlocked(author) ?? false,
    rfMaxAgeMs: conf.rfMaxAgeMs,
    wasOnAir: entry => consolePostsOf(log).wasOnAir(entry),
    saying: post => ledger.remember({ ...post, name: post.author.name }, parts.clock.now()),
    now: () => parts.clock.now(),
  })
}

function radioClock({ parts, radio }: BridgeParts, id: string): RadioClock {
  const kept = keptJson(parts.store.meta, `gateway:second:${id}`, z.int().min(0))
  return new RadioClock({ last: kept.load() ?? 0, save: last => kept.save(last), seconds: () => radio.seconds })
}

function roomCli({ log }: EdgeParts, port: string): RoomCli {
  return new RoomCli({
    port,
    onState: (state, reason) => {
      if (state === 'ready') log.info(`Command line of the room server at ${port} is ready`)
      else if (state === 'opening') log.warn(`Command line of the room server at ${port} is not there: ${reason}`)
    },
  })
}

/**
 * In a channel nothing but the words tells another gateway that they are a quote: our own city is named too, for without a
 * link the other one knows the city, and not the post.
 */
function channelContext({ self, texts: { cityOf } }: EdgeParts): AirTextContext {
  return { origin: '', cityOf: origin => cityOf(origin) ?? (origin === self.identity.id ? self.name : undefined) }
}

/** The config reader has seen to it that it is there. */
function logOf({ logs }: EdgeParts, room: string): PostLog {
  const log = logs.find(one => one.room === room)
  if (log === undefined) throw new RangeError(`no room ${room}`)
  return log
}
