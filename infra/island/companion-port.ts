// The serial port of a companion radio, without its line: commands of an app in, answers and what is told unasked out.
// Of the protocol it has what a client of rooms and channels needs; the rest is refused as by older firmware. Source of
// the rules: the firmware's examples/companion_radio/MyMesh.cpp.
import { type CompanionCommand, decodeCommand } from '#edge/radio/companion-commands.ts'
import { CompanionError } from '#edge/radio/companion-error.ts'
import { CompanionFrameDecoder, companionBytesMax, encodeCompanionFrame } from '#edge/radio/companion-frames.ts'
import { type CompanionReply, encodeReply, refusal } from '#edge/radio/companion-replies.ts'
import { hopCount, isFlood, type Packet } from '#edge/radio/packet.ts'
import { type Text, textType } from '#edge/radio/texts.ts'
import type { Heard, Tuning } from './air.ts'
import { Companion, type CompanionParts, type Sent } from './companion.ts'
import { CompanionBook, type Contact, notFound } from './companion-book.ts'
import { deviceInfo, selfInfo, statsReply } from './companion-facts.ts'

export interface CompanionPortParts extends Omit<CompanionParts, 'room' | 'events' | 'clock'> {
  tuning: Tuning
  txPowerDbm: number
  /** Unix seconds; its own clock may be set ahead of it. */
  seconds: () => number
  write: (bytes: Uint8Array) => void
}

type CommandOf<K extends CompanionCommand['kind']> = Extract<CompanionCommand, { kind: K }>

const queueMax = 256
const textBytesMax = 160
/** Longer packets are not told: the frame would be too long (logRxRaw). */
const heardBytesMax = companionBytesMax - 3
const noKey = new Uint8Array(32)
const tagBytes = 4

export class CompanionPort {
  readonly #p: CompanionPortParts
  #decoder = new CompanionFrameDecoder('to-radio')
  readonly #book = new CompanionBook()
  /** The air towards each contact that was written to. */
  readonly #rooms = new Map<string, Companion>()
  /** Adverts and channels. */
  readonly #open: Companion
  #queue: CompanionReply[] = []
  readonly #sentAt = new Map<string, number>()
  #loginTo: Contact | undefined
  #aheadSeconds = 0
  /** Of the protocol: from 3 on the app knows the new layouts. */
  #appVersion = 0
  #last: Heard = { packet: new Uint8Array(), snrDb: 0, rssiDbm: -120 }
  readonly #counts = { heard: 0, sent: 0, damaged: 0 }

  constructor(parts: CompanionPortParts) {
    this.#p = parts
    this.#open = this.#companion(noKey)
  }

  /** Bytes of the app, in any cut. */
  take(bytes: Uint8Array): void {
    for (const content of this.#decoder.push(bytes)) {
      try {
        this.#obey(decodeCommand(content))
      } catch (error) {
        if (!(error instanceof CompanionError)) throw error
        this.#refuse(refusal.unsupportedCommand)
      }
    }
  }

  /** Its power was off: what nobody has read is gone; contacts and channels stay. */
  restart(): void {
    this.#decoder = new CompanionFrameDecoder('to-radio')
    this.#queue = []
    this.#sentAt.clear()
    this.#loginTo = undefined
    this.#aheadSeconds = 0
    this.#appVersion = 0
  }

  /** A packet is told before it is looked at. */
  hear(heard: Heard): void {
    this.#last = heard
    this.#counts.heard += 1
    if (heard.packet.length <= heardBytesMax) this.#say({ kind: 'heard', ...heard })
    for (const companion of [this.#open, ...this.#rooms.values()]) companion.hear(heard.packet)
  }

  damaged(): void {
    this.#counts.damaged += 1
  }

  #obey(command: CompanionCommand): void {
    switch (command.kind) {
      case 'put-contact':
        return this.#say(this.#book.put(command, this.#seconds()))
      case 'remove-contact':
        return this.#say(this.#book.remove(command.publicKey))
      case 'reset-path':
        return this.#resetPath(command.publicKey)
      case 'set-channel':
        return this.#setChannel(command)
      case 'send-text':
        return this.#sendText(command)
      case 'send-channel-text':
        return this.#sendChannelText(command)
      case 'login':
        return this.#login(command)
      case 'send-advert':
        this.#open.advertise(command.isFlood ? 'flood' : 'direct')
        return this.#say({ kind: 'ok' })
      case 'get-contacts':
        for (const reply of this.#book.listContacts(command.since ?? 0)) this.#say(reply)
        return
      default:
        return this.#say(this.#answer(command))
    }
  }

  /** What changes nothing, or nothing but the clock and the queue. */
  #answer(command: CompanionCommand): CompanionReply {
    switch (command.kind) {
      case 'device-query':
        this.#appVersion = command.version
        return deviceInfo
      case 'app-start':
        return selfInfo(this.#p)
      case 'get-time':
        return { kind: 'time', timestamp: this.#seconds() }
      case 'set-time':
        if (command.timestamp < this.#seconds()) return { kind: 'error', reason: refusal.illegalArgument }
        this.#aheadSeconds += command.timestamp - this.#seconds()
        return { kind: 'ok' }
      case 'get-contact':
        return this.#book.contact(command.publicKey) ?? notFound
      case 'get-channel':
        return this.#book.channel(command.channel) ?? notFound
      case 'next-text':
        return this.#laidOut(this.#queue.shift() ?? { kind: 'no-more-texts' })
      case 'get-battery':
        return { kind: 'battery', millivolts: 4111 }
      case 'get-stats':
        return statsReply(command.type, { ...this.#counts, ...this.#last, queued: this.#queue.length })
      default:
        return { kind: 'error', reason: refusal.unsupportedCommand }
    }
  }

  #laidOut(text: CompanionReply): CompanionReply {
    if (this.#appVersion >= 3) return text
    if (text.kind === 'contact-text') return { ...text, kind: 'old-contact-text' }
    return text.kind === 'channel-text' ? { ...text, kind: 'old-channel-text' } : text
  }

  #resetPath(publicKey: Uint8Array): void {
    const contact = this.#book.contact(publicKey)
    if (contact === undefined) return this.#say(notFound)
    this.#roomOf(contact).path = undefined
    contact.path = null
    this.#say({ kind: 'ok' })
  }

  #setChannel({ channel, name, secret }: CommandOf<'set-channel'>): void {
    const slot = this.#book.channel(channel)
    if (slot === undefined) return this.#say(notFound)
    Object.assign(slot, { name, secret: Uint8Array.from(secret) })
    this.#open.joinChannel(slot.secret)
    this.#say({ kind: 'ok' })
  }

  #sendText({ type, attempt, timestamp, to, text }: CommandOf<'send-text'>): void {
    const contact = this.#book.contactWith(to)
    if (contact === undefined) return this.#say(notFound)
    if (text.length > textBytesMax) return this.#refuse(refusal.tableFull)
    const room = this.#roomOf(contact)
    const isCommand = type === textType.command
    const sent = room.text({ timestamp: isCommand ? room.uniqueTime() : timestamp, type, attempt, text })
    if (!isCommand) this.#sentAt.set(sent.ack, performance.now())
    this.#replySent(sent, isCommand ? new Uint8Array(tagBytes) : Buffer.from(sent.ack, 'hex'))
  }

  #sendChannelText({ type, channel, timestamp, text }: CommandOf<'send-channel-text'>): void {
    const slot = this.#book.channel(channel)
    if (type !== textType.plain) return this.#refuse(refusal.unsupportedCommand)
    if (slot === undefined || slot.name === '') return this.#say(notFound)
    this.#open.say(slot.secret, Buffer.from(text).toString(), timestamp)
    this.#say({ kind: 'ok' })
  }

  #login({ publicKey, password }: CommandOf<'login'>): void {
    const contact = this.#book.contact(publicKey)
    if (contact === undefined) return this.#say(notFound)
    this.#loginTo = contact
    this.#replySent(this.#roomOf(contact).login(password), publicKey.subarray(0, tagBytes))
  }

  #replySent({ packet, timeoutMs }: Sent, tag: Uint8Array): void {
    this.#counts.sent += 1
    this.#say({ kind: 'sent', isFlood: isFlood(packet), tag, timeoutMs: Math.round(timeoutMs) })
  }

  #hearText(from: Uint8Array, text: Text, packet: Packet): void {
    const { snrDb } = this.#last
    const body = {
      type: text.type,
      timestamp: text.timestamp,
      ...(text.authorPrefix !== undefined && { authorPrefix: text.authorPrefix }),
      text: text.text,
    }
    this.#keep({ kind: 'contact-text', snrDb, from: from.subarray(0, 6), pathLength: pathLength(packet), body })
  }

  #hearResponse(bytes: Uint8Array): void {
    const contact = this.#loginTo
    if (contact === undefined || bytes.length < 13 || bytes[4] !== 0) return
    this.#loginTo = undefined
    this.#say({
      kind: 'login-success',
      legacyFlag: bytes[6] ?? 0,
      from: contact.publicKey.subarray(0, 6),
      timestamp: Buffer.from(bytes).readUInt32LE(0),
      permission: bytes[7] ?? 0,
      level: bytes[12] ?? 0,
    })
  }

  #hearAck(ack: string): void {
    const sentAt = this.#sentAt.get(ack)
    if (sentAt === undefined) return
    this.#sentAt.delete(ack)
    const roundTripMs = Math.round(performance.now() - sentAt)
    this.#say({ kind: 'confirmed', tag: Buffer.from(ack, 'hex'), roundTripMs })
  }

  #keep(text: CompanionReply): void {
    if (this.#queue.length >= queueMax) return
    this.#queue.push(text)
    this.#say({ kind: 'texts-waiting' })
  }

  #roomOf({ publicKey }: Contact): Companion {
    const key = hex(publicKey)
    const room = this.#rooms.get(key) ?? this.#companion(publicKey)
    this.#rooms.set(key, room)
    return room
  }

  #companion(room: Uint8Array): Companion {
    const isOpen = room === noKey
    return new Companion({
      ...this.#p,
      room,
      clock: () => this.#seconds(),
      events: {
        onPush: (push, packet) => this.#hearText(room, push, packet),
        onAck: ack => this.#hearAck(ack),
        onResponse: bytes => this.#hearResponse(bytes),
        onReply: (text, packet) =>
          this.#hearText(
            room,
            { timestamp: this.#seconds(), type: textType.command, attempt: 0, text: Buffer.from(text) },
            packet,
          ),
        onChannelText: ({ timestamp, text }, key, packet) => {
          const slot = this.#book.channelWith(key)
          if (slot === undefined) return
          const body = { type: textType.plain, timestamp, text }
          const { snrDb } = this.#last
          this.#keep({ kind: 'channel-text', snrDb, channel: slot.channel, pathLength: pathLength(packet), body })
        },
        onContact: advert => {
          if (isOpen) this.#say(this.#book.hearAdvert(advert, this.#seconds()))
        },
      },
    })
  }

  #seconds(): number {
    return Math.floor(this.#p.seconds()) + this.#aheadSeconds
  }

  #refuse(reason: number): void {
    this.#say({ kind: 'error', reason })
  }

  #say(reply: CompanionReply): void {
    this.#p.write(encodeCompanionFrame('to-app', encodeReply(reply).subarray(0, companionBytesMax)))
  }
}

/** Null when it came direct. */
function pathLength(packet: Packet): number | null {
  if (!isFlood(packet)) return null
  return ((packet.path.hashBytes - 1) << 6) | hopCount(packet.path)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
