// A stock companion radio, put together: the room server and the channels that it bridges, each with its way in and out.
import type { CompanionConf } from '#common/config/radio-conf.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import type { EdgeParts } from '../edge-parts.ts'
import type { OnAir } from '../on-air.ts'
import { CompanionRadio } from '../radio/companion-radio.ts'
import { ConsolePosts } from '../room-server/console-posts.ts'
import { storedAired } from '../room-server/stored-aired.ts'
import { storedNames } from '../room-server/stored-names.ts'
import { everyHour, sleep } from '../waits.ts'
import { type BridgeParts, openChannel, openRoom } from './bridges.ts'
import { CompanionAir } from './companion-air.ts'
import { EchoLedger } from './echo-ledger.ts'
import { companionStatus } from './gateway-status.ts'
import { Intake } from './intake.ts'
import { LedgerFeed } from './ledger-feed.ts'
import { NodeDirectory } from './node-directory.ts'
import type { Outgoing } from './outgoing.ts'

/** What we put on the air is an echo when it is heard again within this time. */
const echoMs = 600_000
const failedAgainMs = 10_000

/** @throws StoreUnavailableError */
export function startGateway(parts: EdgeParts, conf: CompanionConf): OnAir {
  const { log, store } = parts
  const nodes = new NodeDirectory(storedNames(store.meta))
  const radio = companionRadio(parts, conf)
  const air = new CompanionAir(parts, conf, { radio, sleep })
  // Another gateway may say a post as long as it is fresh.
  const ledger = new EchoLedger({ keepMs: echoMs + conf.rfMaxAgeMs })
  const told = toldOf(parts, room => openings().filter(({ bridge }) => bridge.log.room === room))
  const around: BridgeParts = { parts, conf, radio, air, ledger, feedOf: feeds(ledger), consolePostsOf: told, sleep }
  const room = conf.roomServer && openRoom(around, conf.roomServer)
  const channels = conf.channels.map((_, i) => openChannel(around, i))
  const openings = () => [...(room === undefined ? [] : [room]), ...channels]
  const bridges = { room: room?.bridge, channels: channels.map(({ bridge }) => bridge) }
  const intake = new Intake({ ...bridges, ledger, find: prefix => nodes.find(prefix), ...surroundings(parts) })
  radio.listen({
    onText: text => intake.hear(text).catch(error => notStored(parts, error)),
    onNode: (publicKey, name) => nodes.learn(publicKey, name),
    onState: (state, reason) => {
      if (state === 'ready') becameReady(parts, conf, radio)
      else if (state === 'opening') log.warn(`Radio at ${conf.port} is not there: ${reason}`)
      if (state !== 'ready') room?.client.radioWasAway()
      air.queue.ring()
    },
  })
  // What waits of a room that is switched off is given up at once.
  const unsubscribe = [...parts.settings.values()].map(settings => settings.subscribe(() => air.queue.ring()))
  const stopping = new AbortController()
  const { signal } = stopping
  const loops = [...(room?.loops ?? []), ...channels.flatMap(({ loops: each }) => each)]
  const running = [
    air.queue.run(signal),
    ...loops.map(loop => keepRunning(parts, loop, signal)),
    everyHour(() => log.info(air.report()), signal),
  ]
  return {
    status: () => ({ ...air.status(), companion: companionStatus({ radio, room, channels, intake }) }),
    reported: () => air.reported(),
    consolePosts: name => {
      const bridged = openings().find(({ bridge }) => bridge.log.room === name)
      return bridged && told(bridged.bridge.log)
    },
    stop: async () => {
      for (const end of unsubscribe) end()
      stopping.abort()
      await Promise.all([...running, room?.cli?.close()])
      await radio.close()
      log.info(air.report())
      air.close()
    },
  }
}

function companionRadio({ clock }: EdgeParts, { port, channels, roomServer }: CompanionConf): CompanionRadio {
  return new CompanionRadio({
    port,
    channels: channels.map(({ name, secret }) => ({ name, secret: Buffer.from(secret, 'hex') })),
    room: roomServer && { key: Buffer.from(roomServer.key, 'hex'), name: roomServer.name },
    seconds: () => clock.now() / 1000,
  })
}

function surroundings({ clock, log, servers, self, writer }: EdgeParts) {
  return {
    writer,
    isGateway: (key: string) => servers.isGateway(key),
    isCity: (name: string) => name === self.name || servers.status().some(server => server.name === name),
    now: () => clock.now(),
    log,
  }
}

/** What we say is an echo to every other gateway: they know us by our keys. */
function becameReady({ log, ownCard }: EdgeParts, conf: CompanionConf, { known }: CompanionRadio): void {
  if (known === undefined) return
  const key = Buffer.from(known.publicKey).toString('hex')
  // What is written on the command line of a room server, that says itself.
  const cliKeys = conf.roomCliPort === undefined || conf.roomServer === undefined ? [] : [conf.roomServer.key]
  ownCard.setGateways('companion', [key, ...cliKeys])
  log.info(`Radio at ${conf.port} is ready: companion "${known.name}" (${key.slice(0, 8)})`)
}

function feeds(ledger: EchoLedger): (log: PostLog) => LedgerFeed {
  const feedsByRoom = new Map<string, LedgerFeed>()
  return log => {
    const feed = feedsByRoom.get(log.room) ?? new LedgerFeed(log, ledger)
    feedsByRoom.set(log.room, feed)
    return feed
  }
}

/** A store that is away for a moment must not end the bridge. */
async function keepRunning(
  { log }: EdgeParts,
  loop: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await loop(signal)
    } catch (error) {
      log.error(`The bridge to the radio stumbled and goes on: ${String(error)}`)
      await sleep(failedAgainMs, signal)
    }
  }
}

/** Of a room that several places on the air hear, a post waits as long as it does for one of them. */
function toldOf({ clock, store }: EdgeParts, saying: (room: string) => { outgoing: Outgoing }[]) {
  const aired = storedAired(store.meta)
  const byRoom = new Map<string, ConsolePosts>()
  return (log: PostLog) => {
    const isAwaited = (entry: Entry) => saying(log.room).some(({ outgoing }) => outgoing.awaits(entry))
    const told = byRoom.get(log.room) ?? new ConsolePosts({ log, aired, isAwaited, now: () => clock.now() })
    byRoom.set(log.room, told)
    return told
  }
}

function notStored({ log }: EdgeParts, error: unknown): never {
  log.warn(`A text that was heard by radio is not stored yet: ${String(error)}`)
  throw error
}
