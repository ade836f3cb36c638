// A client of an existing room server: logs in, ever more rarely when there is silence, and writes posts until they are
// acknowledged. Source of the rules: the firmware's examples/simple_room_server/MyMesh.cpp, and its companion radio's.
import { type AirTextContext, airTextBytesMax, quotedText } from '#common/air-text.ts'
import type { Log } from '#common/log.ts'
import { oneByOne } from '#common/one-by-one.ts'
import type { Post } from '#common/post.ts'
import type { CompanionRadio } from '../radio/companion-radio.ts'
import { RadioError } from '../radio/radio.ts'
import type { Air } from '../room-server/air.ts'
import { blankKeepAlive, blankLogin, blankText } from './blank-packets.ts'
import { hasFallenBack } from './fallen-clock.ts'
import { isFromRoomServer } from './heard-posts.ts'
import type { Kept } from './kept.ts'
import { type Logins, type LoginTimings, loginInMs, passwordHash } from './login-pace.ts'
import { LostPosts } from './lost-posts.ts'
import type { AirTarget, OutgoingPart, SendOutcome } from './outgoing.ts'
import type { RadioClock } from './radio-clock.ts'
import type { LoginAnswer, RoomLine } from './room-line.ts'

export interface RoomClientTimings extends LoginTimings {
  /** Nothing was heard of the room for so long: it may have been restarted, and not know us any more. */
  quietMs: number
  /** Between two posts. */
  paceMs: number
}

export interface RoomClientParts {
  radio: Pick<CompanionRadio, 'state'>
  line: Pick<RoomLine, 'wayThere' | 'resetPath' | 'login' | 'say' | 'pushFrom'>
  server: { key: Uint8Array; name: string; password: string; room: string }
  air: Air
  clock: RadioClock
  logins: Kept<Logins>
  /** The room's second of the last push that was stored. */
  synced: Kept<number>
  /** Seconds by which the room's clock was ahead of ours at the last login. */
  roomAhead: Kept<number>
  timings: RoomClientTimings
  texts: AirTextContext
  rfMaxAgeMs: number
  /** A post of the last run may be there already: it is said again before anything else. */
  isInDoubt: boolean
  /** Unix ms. */
  now: () => number
  sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
  random: () => number
  log: Log
}

/** `out`: a login is due, or waits for its time. `silent`: the last one had no answer. `read-only`: the password is not one to write with. */
export type LoginState = 'out' | 'silent' | 'in' | 'read-only'

/** Of one post, before it is logged in anew. */
const triesMax = 2
const lookAgainMs = 1000
const noAirMs = 10_000
/** A login makes what was begun before it worthless: it waits for that, but not for ever. */
const doubtMaxMs = 60_000
const writePermission = 2
const permissionMask = 3
const attemptMask = 3
/** Of the room's clock: the keep-alive's 0 would ask for nothing. */
const allSeconds = 1

/** Of one post in its tries. */
interface Progress {
  part: OutgoingPart
  timestamp: number | undefined
  /** What would acknowledge each of them, hex. */
  acks: string[]
}

export class RoomClient implements AirTarget {
  readonly source = 'lora'
  readonly #p: RoomClientParts
  #state: LoginState = 'out'
  #logins: Logins | undefined
  readonly #startedAt: number
  readonly #firstMs: number
  #heardAt = 0
  #isInDoubt: boolean
  #synced: number | undefined
  readonly #lost: LostPosts
  /** Seconds stamped before the last login are of no use any more. */
  #loginSecond = 0
  /** Posts in a row that nobody acknowledged. */
  #unanswered = 0
  #attempt = 0
  /** Exchanges with the room, one at a time. */
  readonly #inTurn = oneByOne()

  constructor(parts: RoomClientParts) {
    this.#p = parts
    this.#isInDoubt = parts.isInDoubt
    this.#startedAt = parts.now()
    this.#firstMs = parts.random() * parts.timings.firstMaxMs
    this.#synced = parts.synced.load()
    this.#lost = new LostPosts(this.#synced)
    const kept = parts.logins.load()
    if (kept?.passwordHash === passwordHash(parts.server.password)) this.#logins = kept
  }

  get state(): LoginState {
    return this.#state
  }

  /** Unix ms of the last login that was tried; undefined before the first. */
  get triedAt(): number | undefined {
    return this.#logins?.at
  }

  /** In a row. */
  get silences(): number {
    return this.#logins?.silences ?? 0
  }

  /** The room has sent something: it knows us. */
  signOfLife(): void {
    this.#heardAt = this.#p.now()
  }

  /** `second`: of a push that is on the disk. @throws StoreUnavailableError */
  stored(second: number): void {
    this.#synced = second
    this.#p.synced.save(second)
    this.#lost.heard(this.#p.now())
  }

  /** What it had acknowledged to the room, and not handed over, it may have lost. */
  radioWasAway(): void {
    this.#lost.mayLack(this.#synced)
    if (this.#isIn) this.#state = 'out'
  }

  /** Logs in, and asks for what was lost, when it is time, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = this.#loginInMs()
      if (waitMs <= 0) await this.#inTurn(() => this.#logIn(signal))
      else if (this.#lostFrom !== undefined) await this.#inTurn(() => this.#askForLost(signal))
      else await this.#p.sleep(Math.min(waitMs, lookAgainMs), signal)
    }
  }

  quote(post: Post): { speaker: string; parts: readonly string[] } {
    return quotedText(post, this.#p.texts, airTextBytesMax)
  }

  isThere(post: Post): boolean {
    return isFromRoomServer(post, this.#p.server.key, this.#p.rfMaxAgeMs)
  }

  async send(part: OutgoingPart, signal: AbortSignal): Promise<SendOutcome> {
    if (this.#p.radio.state !== 'ready' || !(this.#state === 'in' || this.#isInDoubt))
      return part.stamp === undefined ? 'unsaid' : 'unknown'
    const begun = part.stamp !== undefined && part.stamp > this.#loginSecond ? part.stamp : undefined
    const progress: Progress = { part, timestamp: begun, acks: [] }
    const outcome = await this.#inTurn(() => this.#post(progress, signal)).catch((error: unknown) => {
      if (error instanceof RadioError) return endOf(progress)
      throw error
    })
    this.#isInDoubt = false
    if (outcome === 'said') await this.#p.sleep(this.#p.timings.paceMs, signal)
    return outcome
  }

  get #isIn(): boolean {
    return this.#state === 'in' || this.#state === 'read-only'
  }

  /** From which second on the room is to be asked for its posts now. */
  get #lostFrom(): number | undefined {
    return this.#isIn ? this.#lost.dueFrom(this.#p.now()) : undefined
  }

  #loginInMs(): number {
    const { radio, now, timings, clock } = this.#p
    const isInDoubt = this.#isInDoubt && now() - this.#startedAt < doubtMaxMs
    if (radio.state !== 'ready' || isInDoubt) return lookAgainMs
    if (this.#isIn && now() - this.#heardAt < timings.quietMs) return lookAgainMs
    const dueInMs =
      this.#logins === undefined ? this.#startedAt + this.#firstMs - now() : loginInMs(this.#logins, now(), timings)
    return Math.max(dueInMs, clock.loginInMs)
  }

  async #logIn(signal: AbortSignal): Promise<void> {
    const { air, clock, server, log } = this.#p
    try {
      const packet = blankLogin(Buffer.byteLength(server.password), await this.#p.line.wayThere())
      if (!(await air.send({ packet, airClass: 'answer', delayMs: 0, room: server.room, kind: 'login' }).sent))
        return void (await this.#p.sleep(noAirMs, signal))
      // Written down before: who is killed in the middle of it has tried.
      this.#keep({ at: this.#p.now(), silences: this.silences + 1 })
      clock.spendForLogin()
      this.#loginSecond = clock.last
      this.#learn(await this.#p.line.login(signal))
    } catch (error) {
      if (!(error instanceof RadioError)) throw error
      log.warn(`Login to the room "${server.name}" failed: ${error.message}`)
      await this.#p.sleep(lookAgainMs, signal)
    }
  }

  #learn(answer: LoginAnswer | undefined): void {
    const { server, log, now, roomAhead } = this.#p
    const was = this.#state
    if (answer === undefined) {
      this.#state = 'silent'
      if (was !== 'silent')
        log.warn(`The room "${server.name}" does not answer the login: out of reach, or a wrong password`)
      return
    }
    this.signOfLife()
    // What a room without a clock has after a restart is not later than what we have: then all that it has.
    if (hasFallenBack(answer.timestamp, now(), { roomAhead, synced: this.#synced })) this.#lost.mayLack(allSeconds)
    this.#lost.loggedIn(now())
    // One who lets us in, and then says nothing to posts, is asked ever more rarely too.
    this.#keep({ silences: this.#unanswered })
    const mayWrite = answer.permission === undefined || (answer.permission & permissionMask) >= writePermission
    this.#state = mayWrite ? 'in' : 'read-only'
    if (this.#state !== was) log.info(`Logged in to the room "${server.name}"${mayWrite ? '' : ', to read only'}`)
  }

  async #askForLost(signal: AbortSignal): Promise<void> {
    const { air, clock, line, server, now } = this.#p
    const from = this.#lostFrom
    this.#lost.notAsked(now())
    try {
      const path = await line.wayThere()
      if (from === undefined || path === null) return
      const order = { packet: blankKeepAlive(path), delayMs: 0, room: server.room } as const
      if (!(await air.send({ ...order, airClass: 'answer', kind: 'login' }).sent)) return
      this.#lost.asked(now())
      clock.spendForLogin()
      if (await line.pushFrom(from, signal)) this.#lost.answered()
    } catch (error) {
      if (!(error instanceof RadioError)) throw error
    }
  }

  /** Until it is acknowledged, in a few tries that differ: the same packet again is dropped on its way. */
  async #post(progress: Progress, signal: AbortSignal): Promise<SendOutcome> {
    for (let i = 0; i < triesMax; i += 1) {
      if (i > 0) await this.#p.line.resetPath()
      const isAcked = await this.#tryPost(progress, signal)
      if (isAcked) return this.#acked()
      if (isAcked === undefined || signal.aborted) return endOf(progress)
    }
    return this.#unacked()
  }

  /** Undefined when there was no air for it. */
  async #tryPost(progress: Progress, signal: AbortSignal): Promise<boolean | undefined> {
    const { air, clock, line } = this.#p
    const { part, acks } = progress
    const { airClass, kind, room, author } = part
    const text = Buffer.from(part.text)
    const packet = blankText(text.length, await line.wayThere())
    if (!(await air.send({ packet, airClass, delayMs: 0, room, author, kind }).sent)) return undefined
    progress.timestamp ??= clock.next()
    part.stamped(progress.timestamp)
    const attempt = this.#attempt
    this.#attempt = (attempt + 1) & attemptMask
    return await line.say({ attempt, timestamp: progress.timestamp, text, acks }, signal)
  }

  #unacked(): SendOutcome {
    const { server, log } = this.#p
    this.#unanswered += 1
    this.#state = 'out'
    this.#keep({ silences: this.#unanswered })
    log.warn(`The room "${server.name}" does not acknowledge a post: it is logged in to anew`)
    return 'unsaid'
  }

  #acked(): SendOutcome {
    this.signOfLife()
    this.#unanswered = 0
    if (this.#state !== 'read-only') this.#state = 'in'
    if (this.silences > 0) this.#keep({ silences: 0 })
    return 'said'
  }

  #keep({ at = this.#logins?.at ?? this.#p.now(), silences }: { at?: number; silences: number }): void {
    this.#logins = { at, silences, passwordHash: passwordHash(this.#p.server.password) }
    this.#p.logins.save(this.#logins)
  }
}

function endOf({ timestamp }: Progress): SendOutcome {
  return timestamp === undefined ? 'unsaid' : 'unknown'
}
