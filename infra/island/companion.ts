// A companion radio as its firmware behaves on the air, towards one room: what it sends, what it hears, and what it does
// by itself about it. Source of the rules: the firmware's src/Mesh.cpp and src/helpers/BaseChatMesh.cpp.
import { createHash, randomBytes } from 'node:crypto'
import { decodeAck, decodeMultipartAck, encodeAck } from '#edge/radio/acks.ts'
import { type Advert, decodeAdvert, encodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { type ChannelText, decodeChannelText, encodeChannelText, encodeLine } from '#edge/radio/channels.ts'
import { open, type RadioIdentity, seal, sharedSecret, transportCode } from '#edge/radio/crypto.ts'
import { decodeDatagram, encodeAnonymousRequest, encodeDatagram } from '#edge/radio/datagrams.ts'
import { encodeLogin } from '#edge/radio/logins.ts'
import { decodePacket, hopCount, isFlood, noPath, type Packet, type Path, payloadType } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { decodePathReturn, encodePathReturn, nothingExtra } from '#edge/radio/path-returns.ts'
import { encodeRequest, requestType } from '#edge/radio/requests.ts'
import { ackOf, decodeText, encodeText, type Text, textType } from '#edge/radio/texts.ts'
import type { MeshSender, SendWishes } from './mesh-sender.ts'
import { Seen } from './seen.ts'

/** What it tells the app. */
export interface CompanionEvents {
  /** A post that the room pushes, and the packet it came in. */
  onPush(push: Text, packet: Packet): void
  /** 4 bytes, hex; `rest`: what came behind them. */
  onAck(ack: string, rest: Uint8Array): void
  /** An answer to a login or request, opened. */
  onResponse(bytes: Uint8Array): void
  /** The answer to a command. */
  onReply(text: string, packet: Packet): void
  /** "name: text" in the channel with this key. */
  onChannelText(heard: ChannelText, key: Uint8Array, packet: Packet): void
  /** Somebody has made himself known. */
  onContact(advert: Advert): void
}

export interface CompanionParts {
  name: string
  identity: RadioIdentity
  /** Public key of the room server: the contact that it has. */
  room: Uint8Array
  sender: Pick<MeshSender, 'send' | 'airtimeMs'>
  /** Unix seconds of its clock. */
  clock: () => number
  events: CompanionEvents
  /** Of the path hashes in what it floods. */
  hashBytes?: 1 | 2 | 3
  /** Key of the region in which it floods; default none. */
  region?: Uint8Array | undefined
}

/** Sent, and answered within this time or not at all, as the firmware tells the app. */
export interface Sent {
  packet: Packet
  timeoutMs: number
}

const noRest = new Uint8Array()
/** Before the ACK of a push; before the way back is told; where the other side seems not to know it. */
const ackDelayMs = 200
const pathDelayMs = 500
const pathAgainMs = 3000
/** Waits for an answer: examples/companion_radio/MyMesh.cpp. */
const timeoutBaseMs = 500
const floodFactor = 16
const hopFactor = 6
const hopExtraMs = 250

export class Companion {
  readonly #p: CompanionParts
  readonly #secret: Uint8Array
  readonly #seen = new Seen()
  readonly #channels: Uint8Array[] = []
  #lastTimestamp = 0
  /** The way to the room; undefined until it is known: then everything goes by flood. */
  path: Path | undefined
  /** It has the posts up to this second of the room. */
  syncSince = 0

  constructor(parts: CompanionParts) {
    this.#p = parts
    this.#secret = sharedSecret(parts.identity, parts.room) ?? new Uint8Array(32)
  }

  /** It has the channel's key now, and hears what is said there. */
  joinChannel(key: Uint8Array): void {
    this.#channels.push(key)
  }

  /** Unix seconds, each given once, as the firmware's getCurrentTimeUnique. */
  uniqueTime(): number {
    this.#lastTimestamp = Math.max(this.#lastTimestamp + 1, this.#p.clock())
    return this.#lastTimestamp
  }

  login(password: string): Sent {
    const words = encodeLogin({ timestamp: this.uniqueTime(), syncSince: this.syncSince, password })
    const { publicKey } = this.#p.identity
    const payload = encodeAnonymousRequest({ to: this.#to, publicKey, sealed: seal(this.#secret, words) })
    return this.#sendToRoom(payloadType.anonymousRequest, payload)
  }

  /** `ack`: hex, what the room will say when it has it. */
  text(text: Text): Sent & { ack: string } {
    const sent = this.#sendToRoom(payloadType.text, this.#datagram(encodeText(text)))
    return { ...sent, ack: hex(ackOf(text, this.#p.identity.publicKey)) }
  }

  /** `data`: 4 bytes that are reserved, and more where a request has it. */
  request(type: number, data: Uint8Array = new Uint8Array(4)): Sent & { tag: number } {
    const tag = this.uniqueTime()
    const words = Buffer.concat([encodeRequest({ timestamp: tag, type, data }), randomBytes(4)])
    return { ...this.#sendToRoom(payloadType.request, this.#datagram(words)), tag }
  }

  /** The way must be known: rooms answer it direct only. `ack`: hex, of the answer. */
  keepAlive(since = 0): Sent & { ack: string } {
    const data = Buffer.alloc(4)
    data.writeUInt32LE(since)
    const words = encodeRequest({ timestamp: this.uniqueTime(), type: requestType.keepAlive, data })
    const ack = createHash('sha256').update(words).update(this.#p.identity.publicKey).digest().subarray(0, 4)
    return { ...this.#sendToRoom(payloadType.request, this.#datagram(words)), ack: hex(ack) }
  }

  advertise(route: 'direct' | 'flood'): void {
    const { identity, name, clock } = this.#p
    const payload = encodeAdvert(identity, clock(), { type: nodeType.chat, name })
    const direct: Packet = { route: 'direct', type: payloadType.advert, path: noPath, payload }
    if (route === 'direct') this.#send(direct, { priority: 0 })
    else this.#send(this.#floodPacket(payloadType.advert, payload), { priority: 3 })
  }

  say(channelKey: Uint8Array, words: string, timestamp = this.uniqueTime()): void {
    const text = encodeLine(this.#p.name, words)
    const payload = encodeChannelText(channelKey, { timestamp, text })
    this.#flood(payloadType.groupText, payload)
  }

  hear(bytes: Uint8Array): void {
    try {
      this.#hearPacket(decodePacket(bytes))
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
    }
  }

  #hearPacket(packet: Packet): void {
    if (!isFlood(packet) && packet.path.hops.length > 0) {
      // On its way to a repeater; an ACK counts as soon as it is heard.
      if (packet.type === payloadType.ack) this.#hearAck(packet)
      return
    }
    if (packet.type === payloadType.multipart) return this.#hearPart(packet)
    // The same bytes again, by whatever way, are of no interest, a push that is said again unchanged included.
    if (!this.#seen.isNew(packet)) return
    switch (packet.type) {
      case payloadType.ack:
        return this.#hearAck(packet)
      case payloadType.advert:
        return this.#hearAdvert(packet)
      case payloadType.groupText:
        return this.#hearChannel(packet)
      case payloadType.text:
      case payloadType.response:
      case payloadType.path:
        return this.#hearRoom(packet)
    }
  }

  #hearAck(packet: Packet): void {
    const { ack, rest } = decodeAck(packet.payload)
    this.#p.events.onAck(hex(ack), rest)
  }

  #hearPart(packet: Packet): void {
    const { remaining: _, ...ack } = decodeMultipartAck(packet.payload)
    const plain = { ...packet, type: payloadType.ack, payload: encodeAck(ack) }
    if (this.#seen.isNew(plain)) this.#hearAck(plain)
  }

  #hearAdvert({ payload }: Packet): void {
    const advert = decodeAdvert(payload)
    const isOwn = Buffer.from(advert.publicKey).equals(this.#p.identity.publicKey)
    if (advert.isSigned && !isOwn) this.#p.events.onContact({ ...advert, publicKey: Uint8Array.from(advert.publicKey) })
  }

  #hearChannel(packet: Packet): void {
    for (const key of this.#channels) {
      const heard = decodeChannelText(key, packet.payload)
      if (heard !== undefined) return this.#p.events.onChannelText(heard, key, packet)
    }
  }

  #hearRoom(packet: Packet): void {
    const { to, from, sealed } = decodeDatagram(packet.payload)
    if (to !== this.#from || from !== this.#to) return
    const words = open(this.#secret, sealed)
    if (words === undefined) return
    if (packet.type === payloadType.path) return this.#hearPath(packet, words)
    if (packet.type === payloadType.text) return this.#hearText(packet, words)
    this.#p.events.onResponse(words)
    // The room floods though we know the way to it: it seems not to know the one to us.
    if (isFlood(packet) && this.path !== undefined) this.#tellWay(packet, pathAgainMs)
  }

  #hearPath(packet: Packet, words: Uint8Array): void {
    const { path, extraType, extra } = decodePathReturn(words)
    this.path = { hashBytes: path.hashBytes, hops: Uint8Array.from(path.hops) }
    if (extraType === payloadType.ack) this.#p.events.onAck(hex(decodeAck(extra).ack), noRest)
    else if (extraType === payloadType.response) this.#p.events.onResponse(extra)
    if (isFlood(packet)) this.#tellWay(packet, pathDelayMs)
  }

  #hearText(packet: Packet, words: Uint8Array): void {
    const text = decodeText(words)
    if (text.type === textType.command) {
      this.#p.events.onReply(Buffer.from(text.text).toString(), packet)
      if (isFlood(packet)) this.#flood(payloadType.path, this.#pathReturn(packet, nothingExtra, randomBytes(4)))
    } else if (text.type === textType.signed) {
      this.syncSince = Math.max(this.syncSince, text.timestamp)
      this.#p.events.onPush({ ...text, text: Uint8Array.from(text.text) }, packet)
      this.#acknowledge(packet, ackOf(text, this.#p.identity.publicKey))
    }
  }

  /** What came by flood is acknowledged with the way by which it came. */
  #acknowledge(packet: Packet, ack: Uint8Array): void {
    if (isFlood(packet)) {
      this.#flood(payloadType.path, this.#pathReturn(packet, payloadType.ack, ack), ackDelayMs)
    } else this.#sendToRoom(payloadType.ack, ack, ackDelayMs)
  }

  /** By the way that we know. */
  #tellWay(packet: Packet, delayMs: number): void {
    this.#sendToRoom(payloadType.path, this.#pathReturn(packet, nothingExtra, randomBytes(4)), delayMs)
  }

  #pathReturn({ path }: Packet, extraType: number, extra: Uint8Array): Uint8Array {
    return this.#datagram(encodePathReturn({ path, extraType, extra }))
  }

  #sendToRoom(type: number, payload: Uint8Array, delayMs = 0): Sent {
    if (this.path === undefined) return this.#flood(type, payload, delayMs)
    const packet: Packet = { route: 'direct', type, path: this.path, payload }
    const perHopMs =
      hopFactor * this.#send(packet, { priority: type === payloadType.path ? 1 : 0, delayMs }) + hopExtraMs
    return { packet, timeoutMs: timeoutBaseMs + perHopMs * (hopCount(this.path) + 1) }
  }

  #flood(type: number, payload: Uint8Array, delayMs = 0): Sent {
    const packet = this.#floodPacket(type, payload)
    const ms = this.#send(packet, { priority: type === payloadType.path ? 2 : 1, delayMs })
    return { packet, timeoutMs: timeoutBaseMs + floodFactor * ms }
  }

  /** Gives its ms on the air. What comes back from repeaters is nothing new. */
  #send(packet: Packet, wishes: SendWishes): number {
    this.#seen.isNew(packet)
    this.#p.sender.send(packet, wishes)
    return this.#p.sender.airtimeMs(packet)
  }

  #datagram(words: Uint8Array): Uint8Array {
    return encodeDatagram({ to: this.#to, from: this.#from, sealed: seal(this.#secret, words) })
  }

  #floodPacket(type: number, payload: Uint8Array): Packet {
    const { hashBytes = 1, region } = this.#p
    const packet = { type, path: { hashBytes, hops: new Uint8Array() }, payload }
    if (region === undefined) return { route: 'flood', ...packet }
    return { route: 'transport-flood', transportCodes: [transportCode(region, type, payload), 0], ...packet }
  }

  get #to(): number {
    return this.#p.room[0] ?? 0
  }

  get #from(): number {
    return this.#p.identity.publicKey[0] ?? 0
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
