// The room server on one radio: gives every packet to the rooms it may be for, and makes the rooms known.
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import type { PostWriter } from '#common/post-writer.ts'
import { encodeAdvert, nodeType, type Position } from '../radio/adverts.ts'
import type { RadioIdentity } from '../radio/crypto.ts'
import { decodePacket, isFlood, noPath, type Packet, packetHash, payloadType } from '../radio/packet.ts'
import { PacketError } from '../radio/packet-error.ts'
import type { RadioSettings } from '../radio/radio.ts'
import type { ServerStats } from '../radio/requests.ts'
import type { Reading } from '../radio/telemetry.ts'
import type { AirOrder, OnAir } from '../radio/transmit-queue.ts'
import { answerCommand } from './admin-commands.ts'
import type { AdminContext } from './admin-context.ts'
import type { Air } from './air.ts'
import { type AiredStore, ConsolePosts } from './console-posts.ts'
import { newMember } from './login.ts'
import type { MemberStore } from './member.ts'
import { Members } from './members.ts'
import { type NameStore, NodeNames } from './node-names.ts'
import { PacketCounts } from './packet-counts.ts'
import type { Pushes } from './pushes.ts'
import { type Gateways, RadioRoom, type Sleep } from './radio-room.ts'
import { answerRegion, floodIn, type Regions } from './regions.ts'
import { type AdvertRoute, type AdvertTimes, type FloodTimes, runAdverts } from './room-adverts.ts'
import { roomAnswers } from './room-answers.ts'
import type { RoomDesk } from './room-desk.ts'
import { roomPushes } from './room-pushes.ts'
import type { RoomRules } from './room-rules.ts'
import { SeenPackets } from './seen-packets.ts'

/** The answer to a command goes first. */
const advertDelayMs = 1500
const warnEveryMs = 60_000

export interface RoomOnRadio {
  log: PostLog
  /** In adverts; cut to what fits. */
  name: string
  identity: RadioIdentity
  position?: Position | undefined
  settings: RoomRules
}

/** What the radio adds to the status of a room. */
export type RadioFacts = Omit<ServerStats, keyof PacketCounts['all'] | 'posts' | 'pushes'>

export interface RoomServerParts {
  rooms: readonly RoomOnRadio[]
  air: Air
  members: MemberStore
  names: NameStore
  aired: AiredStore
  writer: PostWriter
  regions: Regions
  adverts: AdvertTimes
  floods: FloodTimes
  extraAcks: 0 | 1
  radio: RadioSettings & { dutyCycle: number }
  stats: () => RadioFacts
  /** Of the radio's board, for who asks for telemetry. */
  readings: () => readonly Reading[]
  cityOf: (origin: string) => string | undefined
  gateways: Gateways
  /** State of the links to other servers, in a short line. */
  federation: () => string
  /** Of the path hashes in what we flood. */
  hashBytes: 1 | 2 | 3
  rfMaxAgeMs: number
  pushHoldMs: number
  pushIntervalMs: number
  /** Unix ms, as stamped on posts. */
  now: () => number
  /** Monotonic ms. */
  ticks: () => number
  sleep: Sleep
  log: Log
}

/** What a command of an admin may be about. */
interface Commanded {
  room: RoomOnRadio
  members: Members
  pushes: Pushes
  stats: () => ServerStats
}

export class RoomServer {
  readonly #p: RoomServerParts
  readonly #rooms: RadioRoom[]
  readonly #desks = new Map<string, RoomDesk>()
  readonly #consolePosts = new Map<string, ConsolePosts>()
  readonly #members: Members[] = []
  readonly #names: NodeNames
  readonly #seen = new SeenPackets()
  readonly #counts = new PacketCounts()
  readonly #air: Air
  #lastSecond = 0
  #warnAgainAt = 0

  constructor(parts: RoomServerParts) {
    this.#p = parts
    const isMember = (key: string) => this.#members.some(members => members.get(key) !== undefined)
    this.#names = new NodeNames({ store: parts.names, isMember, ticks: parts.ticks })
    this.#air = { send: order => this.#send(order) }
    this.#rooms = parts.rooms.map(room => this.#radioRoom(room))
  }

  /** Bytes that the radio has heard; whatever they are. */
  async hear(bytes: Uint8Array): Promise<void> {
    try {
      const packet = decodePacket(bytes)
      this.#counts.heard(packet)
      if (isUnderWay(packet)) return await this.#overhear(packet)
      if (!this.#seen.isNew(packetHash(packet))) return this.#counts.heardAgain(packet)
      if (packet.type === payloadType.advert) return this.#names.hear(packet.payload)
      const region = answerRegion(packet, this.#p.regions)
      await Promise.all(this.#rooms.map(room => room.hear(packet, region)))
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.#notAnswered(error)
      else if (!(error instanceof PacketError)) throw error
    }
  }

  /** Told now and then: the log of a full disk, mostly on that disk, is not for every packet. */
  #notAnswered({ message }: StoreUnavailableError): void {
    const now = this.#p.ticks()
    if (now < this.#warnAgainAt) return
    this.#warnAgainAt = now + warnEveryMs
    this.#p.log.warn(`packets are not answered: ${message}`)
  }

  /** A direct packet that is for its next hop: it comes again from there. Of an ACK we know all there is to know. */
  async #overhear(packet: Packet): Promise<void> {
    if (packet.type !== payloadType.ack) return
    await Promise.all(this.#rooms.map(room => room.hear(packet, undefined)))
  }

  desk(room: string): RoomDesk | undefined {
    return this.#desks.get(room)
  }

  /** How far what was written at consoles is on its way to the nodes of a room. */
  consolePosts(room: string): ConsolePosts | undefined {
    return this.#consolePosts.get(room)
  }

  /** Pushes and adverts until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { rooms, adverts: times, floods, now, ticks, sleep } = this.#p
    const send = (room: string, route: AdvertRoute) => this.#advertise(room, route)
    const adverts = { rooms: rooms.map(({ log }) => log.room), times, floods, send, now, ticks, sleep }
    await Promise.all([runAdverts(adverts, signal), ...this.#rooms.map(room => room.run(signal))])
  }

  /** Makes a room known: to those who hear us directly, or to all that repeaters reach. True when it was on the air. */
  async #advertise(name: string, route: AdvertRoute, delayMs = 0): Promise<boolean> {
    const { rooms, now, hashBytes, regions } = this.#p
    const room = rooms.find(({ log }) => log.room === name)
    if (room === undefined) return false
    const words = { type: nodeType.room, name: room.name, position: room.position }
    const payload = encodeAdvert(room.identity, Math.floor(now() / 1000), words)
    const flood = { type: payloadType.advert, path: { hashBytes, hops: new Uint8Array() }, payload }
    const packet: Packet = route === 'direct' ? { ...flood, route, path: noPath } : floodIn(regions.home, flood)
    return await this.#send({ packet, airClass: 'advert', delayMs, room: name }).sent
  }

  #radioRoom(onRadio: RoomOnRadio): RadioRoom {
    const { log, identity, settings } = onRadio
    const { members: store, aired, writer, extraAcks, readings, gateways, now, sleep, log: logLine } = this.#p
    const members = new Members({ room: log.room, identity, store })
    this.#members.push(members)
    const consolePosts = new ConsolePosts({ log, aired, isAwaited: entry => pushes.isAwaited(entry), now })
    this.#consolePosts.set(log.room, consolePosts)
    const wasOnAir = (entry: Entry) => consolePosts.wasOnAir(entry)
    const pushes: Pushes = roomPushes(
      { log, identity, members, settings, wasOnAir, origin: writer.origin, changed: () => room.ring() },
      { ...this.#p, air: this.#air },
    )
    const nameOf = (key: string) => this.#names.of(key)
    const atStart = log.head.head
    const stats = () => ({
      ...this.#p.stats(),
      ...this.#counts.all,
      posts: log.head.head - atStart,
      pushes: pushes.count,
    })
    const commanded = this.#adminContext({ room: onRadio, members, pushes, stats })
    const command = (text: string, admin: string) => answerCommand(text, { ...commanded, admin })
    this.#desks.set(log.room, { command, stats, readings, members: () => members.all() })
    const answers = roomAnswers({
      log,
      identity,
      settings,
      members,
      pushes,
      writer,
      air: this.#air,
      extraAcks,
      stats,
      readings,
      command,
      nameOf,
      now,
      second: () => this.#uniqueSecond(),
    })
    const room: RadioRoom = new RadioRoom({
      log,
      identity,
      settings,
      members,
      pushes,
      answers,
      nameOf,
      gateways,
      now,
      sleep,
      logLine,
    })
    return room
  }

  #adminContext({ room, members, pushes, stats }: Commanded): Omit<AdminContext, 'admin'> {
    const { radio, adverts, extraAcks, hashBytes, federation, now } = this.#p
    const { name, position, settings, identity, log } = room
    return {
      room: { name, position, publicKey: identity.publicKey },
      settings,
      radio: { ...radio, adverts, extraAcks, hashBytes },
      members: () => members.all(),
      setPermission: (member, permission) => members.save(Object.assign(member, { permission })),
      add: (key, permission) => {
        if (members.secretWith(key) === undefined) return false
        members.save({ ...newMember(key), permission })
        return true
      },
      remove: ({ key }) => {
        pushes.forget(key)
        members.remove(key)
      },
      advertise: route => void this.#advertise(log.room, route, advertDelayMs),
      federation,
      stats,
      now,
    }
  }

  /** As the firmware's getCurrentTimeUnique. */
  #uniqueSecond(): number {
    this.#lastSecond = Math.max(this.#lastSecond + 1, Math.floor(this.#p.now() / 1000))
    return this.#lastSecond
  }

  /** What we send comes back by repeaters: it is nothing new. */
  #send(order: AirOrder): OnAir {
    this.#seen.isNew(packetHash(order.packet))
    const onAir = this.#p.air.send(order)
    void onAir.sent.then(isSent => isSent && this.#counts.sent(order.packet))
    return onAir
  }
}

function isUnderWay(packet: Packet): boolean {
  return !isFlood(packet) && packet.path.hops.length > 0
}
