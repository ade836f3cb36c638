// A stock companion radio on an island: what its firmware does with an app on its line, and with the air. Source of the
// rules: the firmware's examples/companion_radio/MyMesh.cpp. An independent client (meshcore.js) is shown to work with it.
import { decodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { airtimeMs } from '#edge/radio/airtime.ts'
import { decodeChannelText, encodeChannelText, encodeLine } from '#edge/radio/channels.ts'
import { type CompanionCommand, decodeCommand } from '#edge/radio/companion-commands.ts'
import { CompanionFrameDecoder, companionBytesMax, encodeCompanionFrame } from '#edge/radio/companion-frames.ts'
import { type CompanionReply, encodeReply, refusal } from '#edge/radio/companion-replies.ts'
import { newIdentity, type RadioIdentity } from '#edge/radio/crypto.ts'
import { decodeLoginAnswer } from '#edge/radio/logins.ts'
import { decodePacket, encodePacket, noPath, type Packet, payloadType } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { textType } from '#edge/radio/texts.ts'
import { Companion } from '#infra/island/companion.ts'
import type { Island } from '#infra/island/island.ts'
import { ModemLine } from '#infra/island/modem-line.ts'
import { Seen } from '#infra/island/seen.ts'
import { StockContacts } from './stock-contacts.ts'
import { asOfVersion, channelsMax, deviceInfo, selfInfo, settings, statsPackets, statsRadio } from './stock-replies.ts'

type Command<K extends CompanionCommand['kind']> = Extract<CompanionCommand, { kind: K }>

export interface StockRadioOptions {
  name: string
  /** Path of the serial port that it gets, which needs socat; TCP only without. */
  serialPort?: string
  identity?: RadioIdentity
  /** Unix seconds; default: in May 2024, as boards without a clock are after a restart. */
  seconds?: number
}

const restartSeconds = 1_715_770_351
const rawBytesMax = 173
const textBytesMax = 160

export class StockRadio {
  readonly identity: RadioIdentity
  readonly name: string
  readonly contacts = new StockContacts(() => this.seconds)
  /** By their number. */
  readonly channels: { name: string; secret: Uint8Array }[]
  /** Texts that wait for the app. */
  readonly queue: CompanionReply[] = []
  /** All that the app has said, since the start. */
  readonly commands: CompanionCommand[] = []
  /** It takes everything and says nothing. */
  isSilent = false
  /** Before a reply goes out; what it gives goes instead, nothing for null. */
  onReply: (reply: CompanionReply) => CompanionReply | null = reply => reply
  readonly #line: ModemLine
  readonly #send: (packet: Uint8Array) => void
  readonly #seen = new Seen()
  readonly #acks = new Set<string>()
  #decoder = new CompanionFrameDecoder('to-radio')
  #companion: Companion | undefined
  #aheadSeconds: number
  /** Of the protocol, as the app speaks it. */
  #version = 0

  private constructor(island: Island, { name, serialPort, identity = newIdentity(), seconds }: StockRadioOptions) {
    this.name = name
    this.identity = identity
    this.channels = Array.from({ length: channelsMax }, () => ({ name: '', secret: new Uint8Array(16) }))
    this.#aheadSeconds = (seconds ?? restartSeconds) - Date.now() / 1000
    this.#line = new ModemLine({ serialPort, onBytes: bytes => this.#take(bytes) })
    this.#send = island.station(name, ({ packet, snrDb, rssiDbm }) => this.#hear(packet, { snrDb, rssiDbm })).send
  }

  static async start(island: Island, options: StockRadioOptions): Promise<StockRadio> {
    const radio = new StockRadio(island, options)
    await radio.replug()
    return radio
  }

  /** Where the edge finds it: a device, or `tcp://host:port`. */
  get port(): string {
    return this.#line.port
  }

  /** Public key, hex. */
  get key(): string {
    return hex(this.identity.publicKey)
  }

  /** Unix seconds of its clock. */
  get seconds(): number {
    return Math.floor(Date.now() / 1000 + this.#aheadSeconds)
  }

  /** The cable is pulled; it goes on by its battery. */
  async unplug(): Promise<void> {
    await this.#line.unplug()
  }

  async replug(): Promise<void> {
    await this.#line.plug()
    this.#decoder = new CompanionFrameDecoder('to-radio')
  }

  /** Bytes to the app, as they are. */
  raw(bytes: Uint8Array): void {
    this.#line.write(bytes)
  }

  /** To the app, unasked. */
  tell(reply: CompanionReply): void {
    this.#say(reply)
  }

  /** How often the app has said it. */
  count(kind: CompanionCommand['kind']): number {
    return this.commands.filter(command => command.kind === kind).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unplug()
  }

  #take(bytes: Uint8Array): void {
    for (const content of this.#decoder.push(bytes)) {
      const command = decodeCommand(content)
      this.commands.push(command)
      if (this.isSilent) continue
      for (const reply of this.#answer(command)) this.#say(reply)
    }
  }

  #say(reply: CompanionReply): void {
    const said = this.onReply(reply)
    if (said === null || this.isSilent) return
    const content = encodeReply(said)
    if (content.length <= companionBytesMax) this.#line.write(encodeCompanionFrame('to-app', content))
  }

  #answer(command: CompanionCommand): CompanionReply[] {
    switch (command.kind) {
      case 'device-query':
        this.#version = command.version
        return [deviceInfo]
      case 'app-start':
        return [selfInfo(this)]
      case 'get-time':
        return [{ kind: 'time', timestamp: this.seconds }]
      case 'set-time':
        if (command.timestamp < this.seconds) return [refused(refusal.illegalArgument)]
        this.#aheadSeconds = command.timestamp - Date.now() / 1000
        return [{ kind: 'ok' }]
      case 'next-text':
        return [this.queue.shift() ?? { kind: 'no-more-texts' }]
      case 'get-battery':
        return [{ kind: 'battery', millivolts: 4100 }]
      case 'get-stats':
        return [command.type === 1 ? statsRadio : statsPackets]
      default:
        return this.#answerOfContacts(command) ?? this.#answerOfChannels(command) ?? this.#answerOfTexts(command)
    }
  }

  #answerOfContacts(command: CompanionCommand): CompanionReply[] | undefined {
    if (command.kind === 'put-contact') this.#putContact(command)
    if (command.kind === 'reset-path' && this.#companion !== undefined) this.#companion.path = undefined
    return this.contacts.answer(command)
  }

  #answerOfChannels(command: CompanionCommand): CompanionReply[] | undefined {
    if (command.kind !== 'get-channel' && command.kind !== 'set-channel' && command.kind !== 'send-channel-text') return
    const channel = this.channels[command.channel]
    if (channel === undefined) return [refused(refusal.notFound)]
    if (command.kind === 'get-channel') return [{ kind: 'channel', channel: command.channel, ...channel }]
    if (command.kind === 'set-channel') {
      const { name, secret } = command
      this.channels[command.channel] = { name, secret: Uint8Array.from(secret) }
    } else this.#sayInChannel(channel.secret, command)
    return [{ kind: 'ok' }]
  }

  #answerOfTexts(command: CompanionCommand): CompanionReply[] {
    if (command.kind === 'login') return [this.#answerOfLogin(command)]
    const companion = this.#companion
    if (command.kind === 'send-request') {
      if (companion === undefined || !this.#isRoom(command.publicKey)) return [refused(refusal.notFound)]
      const [type = 0, ...data] = command.data
      const { timeoutMs, tag } = companion.request(type, Uint8Array.from(data))
      return [sent(Buffer.from(Uint32Array.of(tag).buffer), timeoutMs)]
    }
    if (command.kind !== 'send-text') return [refused(refusal.unsupportedCommand)]
    if (companion === undefined || !this.#isRoom(command.to)) return [refused(refusal.notFound)]
    if (command.text.length > textBytesMax) return [refused(refusal.tableFull)]
    const { ack, timeoutMs } = companion.text({ ...command, text: Uint8Array.from(command.text) })
    this.#acks.add(ack)
    return [sent(Buffer.from(ack, 'hex'), timeoutMs)]
  }

  #sayInChannel(secret: Uint8Array, { timestamp, text }: Command<'send-channel-text'>): void {
    const line = encodeLine(this.name, Buffer.from(text).toString())
    const payload = encodeChannelText(secret, { timestamp, text: line })
    const packet = { route: 'flood', type: payloadType.groupText, path: noPath, payload } as const
    this.#seen.isNew(packet)
    this.#send(encodePacket(packet))
  }

  #hear(bytes: Uint8Array, how: { snrDb: number; rssiDbm: number }): void {
    if (bytes.length <= rawBytesMax) this.#say({ kind: 'heard', ...how, packet: bytes })
    const wayBefore = this.#companion?.path
    this.#companion?.hear(bytes)
    const wayNow = this.#companion?.path
    if (wayNow !== undefined && wayNow !== wayBefore) this.#learnWay()
    try {
      const packet = decodePacket(bytes)
      if (packet.type === payloadType.advert && this.#seen.isNew(packet)) this.#hearAdvert(packet)
      if (packet.type === payloadType.groupText && this.#seen.isNew(packet)) this.#hearChannels(packet, how.snrDb)
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
    }
  }

  #hearChannels(packet: Packet, snrDb: number): void {
    for (const [channel, { name, secret }] of this.channels.entries()) {
      const heard = name === '' ? undefined : decodeChannelText(secret, packet.payload)
      if (heard === undefined) continue
      const body = { type: textType.plain, timestamp: heard.timestamp, text: heard.text }
      this.#keep({ kind: 'channel-text', snrDb, channel, pathLength: packet.path.hops.length, body })
    }
  }

  #keep(text: CompanionReply): void {
    this.queue.push(asOfVersion(this.#version, text))
    this.#say({ kind: 'texts-waiting' })
  }

  #learnWay(): void {
    const contact = this.contacts.room
    if (contact === undefined) return
    contact.path = this.#companion?.path ?? null
    this.#say({ kind: 'path-updated', publicKey: contact.publicKey })
  }

  /** The room may be known by its advert alone. */
  #answerOfLogin({ publicKey, password }: Command<'login'>): CompanionReply {
    if (!this.#isRoom(publicKey)) return refused(refusal.notFound)
    this.#companion ??= this.#memberOf(publicKey)
    return sent(publicKey.subarray(0, 4), this.#companion.login(password).timeoutMs)
  }

  #putContact({ publicKey, type, flags, name, lastAdvert }: Command<'put-contact'>): void {
    const key = Uint8Array.from(publicKey)
    this.contacts.add({ publicKey: key, type, flags, name, lastAdvert })
    if (type === nodeType.room) this.#companion ??= this.#memberOf(key)
  }

  #memberOf(room: Uint8Array): Companion {
    const { identity } = this
    const key = Uint8Array.from(room)
    return new Companion({
      name: this.name,
      identity,
      room: key,
      clock: () => this.seconds,
      sender: {
        send: packet => this.#send(encodePacket(packet)),
        airtimeMs: packet => airtimeMs(encodePacket(packet).length, settings),
      },
      events: {
        onPush: push => {
          const body = { ...push, type: textType.signed, authorPrefix: push.authorPrefix ?? new Uint8Array(4) }
          this.#keep({ kind: 'contact-text', snrDb: 8, from: key.subarray(0, 6), pathLength: null, body })
        },
        onAck: ack => {
          if (this.#acks.delete(ack)) this.#say({ kind: 'confirmed', tag: Buffer.from(ack, 'hex'), roundTripMs: 500 })
        },
        onResponse: bytes => {
          const { now, permission } = decodeLoginAnswer(bytes)
          const answer = { legacyFlag: 0, from: key.subarray(0, 6), timestamp: now, permission, level: 1 }
          this.#say({ kind: 'login-success', ...answer })
        },
        onReply: () => {},
        onChannelText: () => {},
        onContact: () => {},
      },
    })
  }

  #hearAdvert({ payload }: Packet): void {
    const { name, timestamp, ...advert } = decodeAdvert(payload)
    const publicKey = Uint8Array.from(advert.publicKey)
    const type = this.contacts.get(publicKey)?.type ?? advert.type
    this.contacts.add({ publicKey, type, flags: 0, name, lastAdvert: timestamp })
    this.#say({ kind: 'advert', publicKey })
  }

  #isRoom(key: Uint8Array): boolean {
    const room = this.contacts.room
    return room !== undefined && Buffer.from(room.publicKey.subarray(0, key.length)).equals(key)
  }
}

function sent(tag: Uint8Array, timeoutMs: number): CompanionReply {
  return { kind: 'sent', isFlood: true, tag, timeoutMs: Math.round(timeoutMs) }
}

function refused(reason: number): CompanionReply {
  return { kind: 'error', reason }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
