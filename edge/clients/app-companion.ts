// The virtual companion radio of one connected app: what it does about a command. To the app it seems that its rooms are one
// hop away; what it says is stored here, and what it asks is answered here.
import type { AirTextContext } from '#common/air-text.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { PostWriter } from '#common/post-writer.ts'
import { decodeCutUtf8, uint32 } from '../radio/bytes.ts'
import type { CompanionCommand } from '../radio/companion-commands.ts'
import type { CompanionReply } from '../radio/companion-replies.ts'
import { ackOf, textType } from '../radio/texts.ts'
import { permission } from '../room-server/member.ts'
import { storeSaying } from '../room-server/member-post.ts'
import { AppAddressBook } from './app-address-book.ts'
import { AppAnswers } from './app-answers.ts'
import { AppBell } from './app-bell.ts'
import { type DeviceFacts, deviceAnswer, refused } from './app-device.ts'
import { AppInbox, type Positions } from './app-inbox.ts'
import { AppLogins } from './app-logins.ts'
import { loginSuccess, prefixBytes, textReply } from './app-replies.ts'
import { isRequest, type RequestCommand, requestAnswer } from './app-requests.ts'
import type { AppRoom } from './app-room.ts'
import type { JoinGuard } from './join-rights.ts'

const wrongPasswordMs = 1000
/** The firmware's MAX_TEXT_LEN. */
const textBytesMax = 160
/** Of what nothing confirms. */
const noTag = new Uint8Array(4)

export interface AppCompanionParts extends DeviceFacts {
  rooms: readonly AppRoom[]
  positions: Positions
  context: AirTextContext
  writer: PostWriter
  guard: JoinGuard
  /** Of the app. */
  address: string
  say: (reply: CompanionReply) => void
  /** Monotonic ms. */
  ticks: () => number
  log: Log
}

type CommandOf<K extends CompanionCommand['kind']> = Extract<CompanionCommand, { kind: K }>

export class AppCompanion {
  readonly #p: AppCompanionParts
  readonly #logins: AppLogins
  readonly #book: AppAddressBook
  readonly #inbox: AppInbox
  readonly #bell: AppBell
  readonly #answers: AppAnswers
  readonly #unsubscribe: (() => void)[]
  #version = 0
  #lastSecond = 0

  constructor(parts: AppCompanionParts) {
    this.#p = parts
    this.#logins = new AppLogins(parts)
    this.#book = new AppAddressBook({ ...parts, logins: this.#logins })
    this.#inbox = new AppInbox({ ...parts, userKey: parts.user.key })
    this.#answers = new AppAnswers(parts.say)
    this.#bell = new AppBell({
      isWaiting: () => this.#inbox.isWaiting(),
      tell: () => parts.say({ kind: 'texts-waiting' }),
      failed: error => parts.log.warn(`posts for a MeshCore app could not be read: ${String(error)}`),
      ticks: parts.ticks,
    })
    this.#unsubscribe = parts.rooms.flatMap(room => [
      room.log.subscribe(() => this.#bell.ring()),
      room.settings.subscribe(() => this.#logins.isBlockedIn(room) && this.#leave(room)),
    ])
  }

  /** Resolves when it is carried out; an answer may follow. Rejects on faults no waiting can mend. */
  async obey(command: CompanionCommand): Promise<void> {
    try {
      if (command.kind === 'device-query') this.#version = command.version
      const answer = deviceAnswer(command, this.#p)
      if (answer !== undefined) this.#p.say(answer)
      else await this.#carryOut(command)
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
      this.#p.log.warn(`a MeshCore app was not served: ${error.message}`)
      this.#p.say(refused('fileError'))
    }
  }

  /** The app is gone. `isClean`: it had everything that was sent to it. @throws StoreUnavailableError */
  leave(isClean: boolean): void {
    this.#bell.stop()
    this.#answers.stop()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    if (isClean) this.#inbox.taken()
  }

  async #carryOut(command: CompanionCommand): Promise<void> {
    if (isRequest(command)) return this.#request(command)
    switch (command.kind) {
      case 'get-contacts':
        return (await this.#book.listSince(command.since ?? 0)).forEach(this.#p.say)
      case 'get-contact':
      case 'reset-path':
        return this.#aboutContact(command)
      case 'login':
        return this.#login(command)
      case 'logout':
        return this.#logout(command)
      case 'send-text':
        return this.#sendText(command)
      case 'next-text':
        return this.#nextText()
      default:
        this.#p.say(refused('unsupportedCommand'))
    }
  }

  /** There is no path, so that it is reset already. */
  #aboutContact({ kind, publicKey }: CommandOf<'get-contact' | 'reset-path'>): void {
    const contact = this.#book.contact(publicKey)
    if (contact === undefined) this.#p.say(refused('notFound'))
    else this.#p.say(kind === 'reset-path' ? { kind: 'ok' } : this.#book.tell(contact))
  }

  async #login({ publicKey, password }: CommandOf<'login'>): Promise<void> {
    const room = this.#book.room(publicKey)
    if (room === undefined) return this.#p.say(refused('notFound'))
    if (!this.#answers.accept(publicKey.subarray(0, 4))) return
    const from = publicKey.subarray(0, prefixBytes)
    const granted = this.#logins.enter(room, password)
    if (granted === undefined)
      return this.#answers.later(() => this.#p.say({ kind: 'login-failed', from }), wrongPasswordMs)
    await this.#inbox.enter(room, granted)
    this.#answers.later(() => {
      this.#p.say(loginSuccess(from, granted, this.#p.now()))
      this.#bell.ring()
    })
  }

  #logout({ publicKey }: CommandOf<'logout'>): void {
    const room = this.#book.room(publicKey)
    if (room !== undefined) this.#leave(room)
    this.#p.say({ kind: 'ok' })
  }

  #leave(room: AppRoom): void {
    this.#logins.leave(room)
    this.#inbox.leave(room)
  }

  async #sendText(command: CommandOf<'send-text'>): Promise<void> {
    const room = this.#book.room(command.to)
    if (room === undefined)
      return this.#p.say(refused(this.#book.contact(command.to) === undefined ? 'notFound' : 'unsupportedCommand'))
    const isCommand = command.type === textType.command
    if (command.type !== textType.plain && !isCommand) return this.#p.say(refused('unsupportedCommand'))
    if (command.text.length > textBytesMax) return this.#p.say(refused('tableFull'))
    const words = decodeCutUtf8(command.text)
    if (words === undefined) return this.#p.say(refused('illegalArgument'))
    // By radio who may not is met with silence, and the app tries three times before it says so.
    const needed = isCommand ? permission.admin : permission.readWrite
    if ((this.#logins.permissionIn(room) ?? 0) < needed) return this.#p.say(refused('badState'))
    if (isCommand) this.#command(room, words)
    else await this.#post(room, command, words)
  }

  /** Nothing confirms a command but its answer, which is a text. */
  #command(room: AppRoom, words: string): void {
    if (!this.#answers.accept(noTag)) return
    const answer = room.desk.command(words, this.#p.user.key)
    this.#answers.later(() => {
      this.#inbox.answer(room, this.#nextSecond(), answer)
      this.#bell.ring()
    })
  }

  /** Confirmed only when it is on disk; an app that hears nothing says it again. */
  async #post(room: AppRoom, { type, attempt, timestamp, text }: CommandOf<'send-text'>, words: string): Promise<void> {
    const { user, writer, ticks } = this.#p
    const tag = ackOf({ type, attempt, timestamp, text }, user.publicKey)
    if (!this.#answers.accept(tag)) return
    const sentAt = ticks()
    const author = { name: user.name, key: user.key }
    const saying = { room: room.publicKey, author, source: 'client' as const, timestamp, text, words }
    if (!(await this.#isStored(storeSaying(writer, room.log, saying)))) return
    this.#answers.later(() => this.#p.say({ kind: 'confirmed', tag, roundTripMs: Math.round(ticks() - sentAt) }))
  }

  /** `sent` was said already: what is not stored is not confirmed, and nothing else is said. */
  async #isStored(storing: Promise<boolean>): Promise<boolean> {
    try {
      return await storing
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
      this.#p.log.warn(`a post of a MeshCore app was not stored: ${error.message}`)
      return false
    }
  }

  async #nextText(): Promise<void> {
    this.#inbox.taken()
    const text = await this.#inbox.next()
    if (text === undefined) {
      this.#p.say({ kind: 'no-more-texts' })
      return this.#bell.drained()
    }
    const advert = text.author === undefined ? undefined : this.#book.announce(text.room, text.author)
    if (advert !== undefined) this.#p.say(advert)
    this.#p.say(textReply(text, this.#version))
    this.#bell.reading()
  }

  #request(command: RequestCommand): void {
    const { publicKey } = command
    // Of itself: it has no sensors, and answers at once.
    const own = this.#p.user.publicKey.subarray(0, prefixBytes)
    if (publicKey === undefined) return this.#p.say({ kind: 'telemetry', from: own, data: new Uint8Array() })
    const room = this.#book.room(publicKey)
    if (room === undefined) return this.#p.say(refused('notFound'))
    const granted = this.#logins.permissionIn(room)
    if (granted === undefined) return this.#p.say(refused('badState'))
    const tag = uint32(this.#nextSecond())
    const isByAdmin = granted === permission.admin
    const answer = requestAnswer(command, { desk: room.desk, from: publicKey.subarray(0, prefixBytes), tag, isByAdmin })
    if (answer === undefined) this.#p.say(refused('unsupportedCommand'))
    else if (this.#answers.accept(tag)) this.#answers.later(() => this.#p.say(answer))
  }

  /** Of a request or an answer, each once, as the firmware has them. */
  #nextSecond(): number {
    this.#lastSecond = Math.max(this.#lastSecond + 1, Math.floor(this.#p.now() / 1000))
    return this.#lastSecond
  }
}
