// A node as its owner's app drives it: logs in to a room, posts, acknowledges what it is pushed, tells the way to it.
// Written from the rules of the firmware's companion (src/helpers/BaseChatMesh.cpp), not from our server.
import { createHash } from 'node:crypto'
import { encodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { newIdentity, open, type RadioIdentity, seal, sharedSecret, transportCode } from '#edge/radio/crypto.ts'
import { decodeDatagram, encodeAnonymousRequest, encodeDatagram } from '#edge/radio/datagrams.ts'
import { decodeLoginAnswer, encodeLogin, type LoginAnswer } from '#edge/radio/logins.ts'
import { isFlood, noPath, type Packet, type Path, payloadType } from '#edge/radio/packet.ts'
import { decodePathReturn, encodePathReturn, nothingExtra } from '#edge/radio/path-returns.ts'
import { encodeRequest, requestType } from '#edge/radio/requests.ts'
import { ackOf, decodeText, encodeText, type Text, textType } from '#edge/radio/texts.ts'

export interface RadioNodeOptions {
  name: string
  /** Public key of the room server. */
  room: Uint8Array
  send: (packet: Packet) => void
  /** Unix seconds of its clock. */
  clock: () => number
}

export class RadioNode {
  readonly identity: RadioIdentity = newIdentity()
  readonly welcomes: LoginAnswer[] = []
  readonly pushes: Text[] = []
  /** ACKs heard, hex. */
  readonly acks: string[] = []
  /** Answers to requests, opened. */
  readonly answers: Uint8Array[] = []
  /** Answers to commands. */
  readonly replies: string[] = []
  /** It hears, and says nothing. */
  isMute = false
  /** Tells the room the way to it after a flood, as it should. */
  tellsWay = true
  syncSince = 0
  /** Key of the region in which it floods. */
  region: Uint8Array | undefined
  readonly #o: RadioNodeOptions
  readonly #secret: Uint8Array
  #wayToRoom: Path | undefined
  #lastTimestamp = 0
  #asksForLogin = false

  constructor(options: RadioNodeOptions) {
    this.#o = options
    this.#secret = sharedSecret(this.identity, options.room) ?? new Uint8Array(32)
  }

  get key(): string {
    return Buffer.from(this.identity.publicKey).toString('hex')
  }

  advertise(): void {
    const payload = encodeAdvert(this.identity, this.#o.clock(), { type: nodeType.chat, name: this.#o.name })
    this.#o.send({ route: 'direct', type: payloadType.advert, path: noPath, payload })
  }

  /** As its owner's app does when nothing comes back. */
  forgetWay(): void {
    this.#wayToRoom = undefined
  }

  /** By flood until the way is known. Gives the packet, to be sent again by a wicked third. */
  login(password: string, timestamp = this.#timestamp()): Packet {
    this.#asksForLogin = true
    const words = encodeLogin({ timestamp, syncSince: this.syncSince, password })
    const sealed = seal(this.#secret, words)
    const payload = encodeAnonymousRequest({ to: this.#roomHash, publicKey: this.identity.publicKey, sealed })
    return this.#send(payloadType.anonymousRequest, payload)
  }

  /** Gives the ACK it waits for, hex. */
  post(words: string, { timestamp = this.#timestamp(), attempt = 0 } = {}): string {
    const text: Text = { timestamp, type: textType.plain, attempt, text: Buffer.from(words) }
    this.#send(payloadType.text, this.#datagram(encodeText(text)))
    return hex(ackOf(text, this.identity.publicKey))
  }

  command(words: string): void {
    const text: Text = { timestamp: this.#timestamp(), type: textType.command, attempt: 0, text: Buffer.from(words) }
    this.#send(payloadType.text, this.#datagram(encodeText(text)))
  }

  request(type: number, data: Uint8Array = new Uint8Array(4)): void {
    this.#send(payloadType.request, this.#datagram(encodeRequest({ timestamp: this.#timestamp(), type, data })))
  }

  /** Gives the ACK it waits for, hex. */
  keepAlive(since = 0): string {
    const data = Buffer.alloc(4)
    data.writeUInt32LE(since)
    const request = encodeRequest({ timestamp: this.#timestamp(), type: requestType.keepAlive, data })
    this.#send(payloadType.request, this.#datagram(request))
    return hex(createHash('sha256').update(request).update(this.identity.publicKey).digest().subarray(0, 4))
  }

  hear(packet: Packet): void {
    if (packet.type === payloadType.ack) this.acks.push(hex(packet.payload))
    if (![payloadType.response, payloadType.text, payloadType.path].some(type => type === packet.type)) return
    const { to, from, sealed } = decodeDatagram(packet.payload)
    if (to !== this.identity.publicKey[0] || from !== this.#roomHash) return
    const plaintext = open(this.#secret, sealed)
    if (plaintext === undefined) return
    if (packet.type === payloadType.path) this.#hearPath(packet, plaintext)
    else if (packet.type === payloadType.text) this.#hearPush(packet, plaintext)
    else this.#hearAnswer(plaintext)
  }

  #hearPath(packet: Packet, plaintext: Uint8Array): void {
    const { path, extraType, extra } = decodePathReturn(plaintext)
    this.#wayToRoom = path
    if (extraType === payloadType.response) this.#hearAnswer(extra)
    if (this.tellsWay && isFlood(packet)) this.#tellWay(packet, nothingExtra, Uint8Array.of(1, 2, 3, 4))
  }

  /** One thing is asked for at a time; a login that is met with silence is given up with the next answer. */
  #hearAnswer(bytes: Uint8Array): void {
    if (this.#asksForLogin) this.welcomes.push(decodeLoginAnswer(bytes))
    else this.answers.push(bytes)
    this.#asksForLogin = false
  }

  #hearPush(packet: Packet, plaintext: Uint8Array): void {
    const text = decodeText(plaintext)
    if (text.type === textType.command) {
      this.replies.push(Buffer.from(text.text).toString())
      return
    }
    this.pushes.push({ ...text, text: Buffer.from(text.text) })
    if (this.isMute) return
    this.syncSince = Math.max(this.syncSince, text.timestamp)
    const ack = ackOf(text, this.identity.publicKey)
    if (isFlood(packet)) this.#tellWay(packet, payloadType.ack, ack)
    else this.#send(payloadType.ack, ack)
  }

  #tellWay({ path }: Packet, extraType: number, extra: Uint8Array): void {
    const payload = this.#datagram(encodePathReturn({ path, extraType, extra }))
    this.#send(payloadType.path, payload)
  }

  get #roomHash(): number {
    return this.#o.room[0] ?? 0
  }

  #timestamp(): number {
    this.#lastTimestamp = Math.max(this.#lastTimestamp + 1, this.#o.clock())
    return this.#lastTimestamp
  }

  #datagram(words: Uint8Array): Uint8Array {
    const from = this.identity.publicKey[0] ?? 0
    return encodeDatagram({ to: this.#roomHash, from, sealed: seal(this.#secret, words) })
  }

  #flood(type: number, payload: Uint8Array): Packet {
    if (this.region === undefined) return { route: 'flood', type, path: noPath, payload }
    const code = transportCode(this.region, type, payload)
    return { route: 'transport-flood', type, transportCodes: [code, 0], path: noPath, payload }
  }

  #send(type: number, payload: Uint8Array): Packet {
    const way = this.#wayToRoom
    const packet = way === undefined ? this.#flood(type, payload) : directed(way, type, payload)
    if (!this.isMute) this.#o.send(packet)
    return packet
  }
}

function directed(path: Path, type: number, payload: Uint8Array): Packet {
  return { route: 'direct', type, path, payload }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
