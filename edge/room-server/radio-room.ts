// One room on the radio: hears what is for it, and does what the firmware's room server does. Source of the rules:
// examples/simple_room_server/MyMesh.cpp.
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import { decodeAck, decodeMultipartAck } from '../radio/acks.ts'
import { open, type RadioIdentity } from '../radio/crypto.ts'
import { decodeAnonymousRequest, decodeDatagram } from '../radio/datagrams.ts'
import { decodeLogin } from '../radio/logins.ts'
import { isFlood, type Packet, payloadType } from '../radio/packet.ts'
import { PacketError } from '../radio/packet-error.ts'
import { decodePathReturn } from '../radio/path-returns.ts'
import type { CameBy } from './answers.ts'
import { GuessGuard } from './guess-guard.ts'
import { decideLogin, type LoginOutcome, type LoginRequest } from './login.ts'
import { heard, type Member } from './member.ts'
import type { Members, Opened } from './members.ts'
import type { Pushes } from './pushes.ts'
import { noteRegion, type Region } from './regions.ts'
import type { RoomRules } from './room-rules.ts'

/** Resolves after so many ms, or when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>

/** The radios by which servers of the federation send. What such a one says was said elsewhere first. */
export interface Gateways {
  /** `key`: hex, whole. */
  has(key: string): boolean
  /** Called when others may be among them, until the returned function is called. */
  subscribe(listener: () => void): () => void
}

/** What one room is made of. */
export interface RadioRoomParts {
  log: PostLog
  identity: RadioIdentity
  settings: RoomRules
  members: Members
  pushes: Pushes
  answers: RoomAnswers
  /** By what name a node has made itself known; undefined when it has not. */
  nameOf: (key: string) => string | undefined
  gateways: Gateways
  /** Unix ms, as stamped on posts. */
  now: () => number
  sleep: Sleep
  logLine: Log
}

/** What is done about what a member says; the packets of it are made elsewhere. */
export interface RoomAnswers {
  welcome(member: Member, cameBy: CameBy): void
  text(opened: Opened, cameBy: CameBy): Promise<void>
  request(opened: Opened, cameBy: CameBy): Promise<void>
}

const storeRetryMs = 1000
const gatewayReason = 'it is a radio of another server of the federation, which has the posts by its link'

export class RadioRoom {
  readonly #p: RadioRoomParts
  readonly #guard = new GuessGuard()
  #wake: (() => void) | undefined
  #isRung = false

  constructor(parts: RadioRoomParts) {
    this.#p = parts
  }

  get room(): string {
    return this.#p.log.room
  }

  /** A packet that was not heard before; `region`: of an answer to it by flood. @throws PacketError when it is none of its kind, StoreUnavailableError */
  async hear(packet: Packet, region: Region | undefined): Promise<void> {
    switch (packet.type) {
      case payloadType.anonymousRequest:
        return this.#hearStranger(packet, region)
      case payloadType.text:
      case payloadType.request:
      case payloadType.path:
        return this.#hearMember(packet, region)
      case payloadType.ack:
        return this.#hearAck(decodeAck(packet.payload).ack)
      case payloadType.multipart:
        return this.#hearAck(decodeMultipartAck(packet.payload).ack)
    }
  }

  /** Pushes posts until `signal` aborts; a store that is away is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = [
      this.#p.log.subscribe(() => this.ring()),
      this.#p.settings.subscribe(() => this.#sendAway()),
      this.#p.gateways.subscribe(() => this.#sendAway()),
    ]
    this.#sendAway()
    const ring = () => this.ring()
    signal.addEventListener('abort', ring)
    try {
      while (!signal.aborted) await this.#rung(await this.#step(), signal)
    } finally {
      for (const end of unsubscribe) end()
      signal.removeEventListener('abort', ring)
    }
  }

  /** There may be something to push. */
  ring(): void {
    this.#isRung = true
    this.#wake?.()
  }

  /**
   * The session of a blocked member ends at once, and so do pushes of what blocked authors have written. Another server of
   * the federation is no member either: it has all posts by its link, and would bring each back as a new one, for ever.
   */
  #sendAway(): void {
    const { members, pushes, gateways, logLine } = this.#p
    for (const { key } of members.all()) {
      const isGateway = gateways.has(key)
      if (!isGateway && !this.#isBlocked(key)) continue
      this.#remove(key)
      if (isGateway) logLine.info(`node ${key.slice(0, 8)} is sent away from room "${this.room}": ${gatewayReason}`)
    }
    pushes.dropUseless()
    this.ring()
  }

  /** Gone at once; from a disk that takes nothing now with the next start. Who blocks, or tells of a gateway, cannot help it. */
  #remove(key: string): void {
    const { members, pushes } = this.#p
    pushes.forget(key)
    try {
      members.remove(key)
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
    }
  }

  #isBlocked(key: string): boolean {
    const { settings, nameOf } = this.#p
    return settings.isBlocked({ name: nameOf(key) ?? key.slice(0, 8), key })
  }

  async #step(): Promise<number> {
    this.#isRung = false
    try {
      return await this.#p.pushes.step()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
      return storeRetryMs
    }
  }

  /** Waits so long, or until it is rung. */
  async #rung(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isRung || signal.aborted) return
    const rung = new AbortController()
    this.#wake = () => rung.abort()
    await this.#p.sleep(ms, rung.signal)
    this.#wake = undefined
  }

  #hearStranger(packet: Packet, region: Region | undefined): void {
    const { identity, settings, members, pushes, answers, now, logLine } = this.#p
    const request = decodeAnonymousRequest(packet.payload)
    if (request.to !== identity.publicKey[0]) return
    const key = Buffer.from(request.publicKey).toString('hex')
    if (!settings.isOnAir || this.#isBlocked(key)) return
    const known = members.get(key)
    const who = { isMember: known !== undefined, now: now() }
    // Before the secret is made: it is what costs time in a flood of strangers.
    if (!this.#guard.mayTry(key, who)) return
    const secret = members.secretWith(key)
    const plaintext = secret && open(secret, request.sealed)
    if (plaintext === undefined) return
    const outcome = this.#decide({ key, ...decodeLogin(plaintext) }, known)
    if ('refusal' in outcome) {
      if (outcome.refusal === 'wrong password') this.#guard.wrong(key, who)
      logLine.info(`login of node ${key.slice(0, 8)} to room "${this.room}" refused: ${outcome.refusal}`)
      return
    }
    const { member, isNew } = outcome
    heard(member, now())
    // It comes from elsewhere, perhaps: the way to it has to be found anew.
    if (isFlood(packet)) member.path = null
    noteRegion(member, packet, region)
    if (isNew) this.#makeRoom()
    members.save(member)
    pushes.forget(key)
    pushes.giveWay()
    if (isNew) logLine.info(`node ${key.slice(0, 8)} is new in room "${this.room}"`)
    answers.welcome(member, { packet, region, path: member.path })
    this.ring()
  }

  #decide(request: LoginRequest, known: Member | undefined): LoginOutcome | { refusal: typeof gatewayReason } {
    const { gateways, settings, now } = this.#p
    if (gateways.has(request.key)) return { refusal: gatewayReason }
    return decideLogin(request, known, { rules: settings, now: now() })
  }

  #makeRoom(): void {
    const { members, pushes } = this.#p
    const oldest = members.oldest()
    if (oldest === undefined) return
    pushes.forget(oldest.key)
    members.remove(oldest.key)
  }

  async #hearMember(packet: Packet, region: Region | undefined): Promise<void> {
    const { identity, members, answers } = this.#p
    const { to, from, sealed } = decodeDatagram(packet.payload)
    if (to !== identity.publicKey[0]) return
    for (const opened of members.openings(from, sealed)) {
      try {
        const cameBy = { packet, region, path: opened.member.path }
        if (packet.type === payloadType.path) this.#hearPath(opened)
        else if (packet.type === payloadType.text) await answers.text(opened, cameBy)
        else await answers.request(opened, cameBy)
        noteRegion(opened.member, packet, region)
        return this.ring()
      } catch (error) {
        // The MAC may have fitted by chance: the next member may be the one.
        if (!(error instanceof PacketError)) throw error
      }
    }
  }

  /** The way to a member, and an ACK perhaps that came with it. */
  #hearPath({ member, plaintext }: Opened): void {
    const { path, extraType, extra } = decodePathReturn(plaintext)
    member.path = { hashBytes: path.hashBytes, hops: Uint8Array.from(path.hops) }
    heard(member, this.#p.now())
    this.#p.members.save(member)
    if (extraType === payloadType.ack) this.#hearAck(decodeAck(extra).ack)
  }

  #hearAck(ack: Uint8Array): void {
    if (this.#p.pushes.acked(Buffer.from(ack).toString('hex'))) this.ring()
  }
}
