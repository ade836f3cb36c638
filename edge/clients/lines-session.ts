// One client of the lines port, from its first byte to its last.
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cursor } from '#common/cursor.ts'
import { RateLimitError, RequestError, StoreUnavailableError } from '#common/errors.ts'
import { writeKeyed } from '#common/keyed-write.ts'
import type { Log } from '#common/log.ts'
import { LogFollower } from '#common/log-follower.ts'
import { PacedWriter } from '#common/paced-writer.ts'
import type { PostLog } from '#common/post-log.ts'
import type { PostWriter } from '#common/post-writer.ts'
import { type JoinGuard, type Rights, type RoomAccess, rightsFor } from './join-rights.ts'
import { LineSplitter } from './line-splitter.ts'
import { type Command, type CommandOf, decodeLine, idOf, LineFault, toCommand } from './lines-commands.ts'

export interface SessionLimits {
  /** From connecting to having joined. */
  joinMs: number
  /** Answer to a wrong password. */
  wrongPasswordMs: number
  /** Longest time without progress while the client does not read. */
  stallMs: number
}

export interface SessionOptions {
  socket: Socket
  rooms: ReadonlyMap<string, RoomAccess>
  writer: PostWriter
  guard: JoinGuard
  limits: SessionLimits
  log: Log
}

interface Joined {
  log: PostLog
  name: string
  rights: Rights
}

const failuresMax = 3
/** After the last line a client has this long to take it. */
const lingerMs = 1000

export class LinesSession {
  readonly #o: SessionOptions
  readonly #address: string
  readonly #out: PacedWriter
  readonly #follower: LogFollower
  readonly #lines = new LineSplitter()
  readonly #over = new AbortController()
  #joined: Joined | undefined
  #failures = 0

  constructor(options: SessionOptions) {
    const { socket, limits } = options
    this.#o = options
    this.#address = socket.remoteAddress ?? ''
    this.#out = new PacedWriter({
      write: (frame, done) => socket.write(`${frame}\n`, done),
      onStalled: () => socket.destroy(),
      stallMs: limits.stallMs,
    })
    this.#follower = new LogFollower(this.#out)
  }

  /** Serves the client; resolves when its connection is gone. Never rejects. */
  async run(): Promise<void> {
    const { socket, limits, log } = this.#o
    const closed = new Promise(resolve => socket.once('close', resolve))
    const following = this.#follower.run(this.#over.signal).catch(error => this.#fail(error))
    const tooLate = () => this.finish('join_timeout', `join within ${limits.joinMs / 1000} s of connecting`)
    const deadline = setTimeout(() => this.#joined === undefined && tooLate(), limits.joinMs)
    try {
      // The client's end is read after all its lines are obeyed; not destroyed then, since answers may still be on their way to it.
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) await this.#take(chunk)
    } catch (error) {
      log.debug({ err: error }, 'a lines client was cut off')
    }
    clearTimeout(deadline)
    this.finish()
    await following
    await closed
  }

  /** Ends the connection, with an error line when there is something to say. It is gone in a second, whatever the client does. */
  finish(code?: string, message?: string): void {
    if (this.#over.signal.aborted) return
    const { socket } = this.#o
    if (code !== undefined) this.#say({ t: 'error', code, message })
    this.#over.abort()
    this.#out.close()
    const linger = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(linger))
    socket.end()
  }

  /** Obeys the lines of a chunk one by one: while one is obeyed, or its answer not taken, nothing more is read. */
  async #take(chunk: Buffer): Promise<void> {
    try {
      for (const line of this.#lines.push(chunk)) {
        // What comes after the end is dropped but read: unread bytes make the system reset the connection, and lose our last line.
        if (this.#over.signal.aborted) return
        await this.#obeyLine(line)
        await this.#out.drained()
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (error instanceof LineFault) return this.finish(error.code, error.message)
    this.#o.log.error({ err: error }, 'a lines client could not be served')
    this.finish('internal', 'the server failed; its log says why')
  }

  async #obeyLine(line: Buffer): Promise<void> {
    if (isBlank(line)) return
    const value = decodeLine(line)
    try {
      await this.#obey(toCommand(value))
    } catch (error) {
      this.#say({ t: 'error', id: idOf(value), ...harmless(error) })
    }
  }

  async #obey(command: Command): Promise<void> {
    if (command.t === 'join') return this.#join(command)
    if (command.t === 'ping') return this.#say({ t: 'pong' })
    if (command.t === 'leave') return this.finish()
    if (this.#joined === undefined) throw new RequestError(409, 'not_joined', 'join a room first: {"t":"join",…}')
    if (command.t === 'send') return this.#send(command, this.#joined)
    this.#follow(this.#joined.log, command.since)
  }

  async #join({ room, password, name, since }: CommandOf<'join'>): Promise<void> {
    if (this.#joined !== undefined)
      throw new RequestError(409, 'already_joined', 'one room per connection; open another connection for another room')
    const access = this.#o.rooms.get(room)
    // Said at once and plainly: names of rooms are no secret, and a typing error is the usual cause.
    if (access === undefined) return this.#refuse('unknown_room', 'there is no such room here; check its name')
    const rights = this.#rightsFor(access, password)
    if (rights === undefined) return this.#refuse(...(await this.#wrongPassword(password)))
    this.#joined = { log: access.log, name, rights }
    this.#o.log.info({ address: this.#address, room, rights }, 'lines client joined')
    const { epoch, head } = access.log.head
    this.#say({ t: 'joined', room, epoch, head, rights })
    this.#follow(access.log, since)
  }

  #rightsFor(access: RoomAccess, password: string): Rights | undefined {
    const { guard } = this.#o
    const blockedMs = password === '' ? 0 : guard.blockedMs(this.#address)
    if (blockedMs > 0)
      throw new LineFault(
        'too_many_failures',
        `too many wrong passwords; try again in ${Math.ceil(blockedMs / 1000)} s`,
      )
    const rights = rightsFor(access, password, this.#address)
    if (password !== '' && rights === undefined) guard.failed(this.#address)
    else if (password !== '') guard.succeeded(this.#address)
    return rights
  }

  async #wrongPassword(password: string): Promise<[code: string, message: string]> {
    const { signal } = this.#over
    await delay(this.#o.limits.wrongPasswordMs, undefined, { signal }).catch(() => undefined)
    if (password === '')
      return ['password_required', 'this room needs its guest or admin password: {"t":"join","password":"…",…}']
    return ['wrong_password', 'this is neither the guest nor the admin password of the room']
  }

  #refuse(code: string, message: string): void {
    this.#failures += 1
    if (this.#failures >= failuresMax) throw new LineFault(code, `${message}; closed after ${failuresMax} failed joins`)
    throw new RequestError(403, code, message)
  }

  async #send({ id, text, key }: CommandOf<'send'>, { log, name, rights }: Joined): Promise<void> {
    if (rights === 'read')
      throw new RequestError(403, 'forbidden', 'you may only read here; join with a password to post')
    const written = await writeKeyed(this.#o.writer, log, { text, author: { name }, source: 'client', key })
    this.#say({ t: 'stored', id, ...written })
  }

  #follow(log: PostLog, since: number | Cursor | undefined): void {
    this.#follower.follow(log, typeof since === 'number' ? { epoch: log.head.epoch, offset: since } : since)
  }

  #say(line: { t: string; [field: string]: unknown }): void {
    this.#out.send(JSON.stringify(line))
  }
}

/** An error after which the connection goes on, as an error line; any other is thrown again. */
function harmless(error: unknown): { code: string; message: string; retryAfterMs?: number } {
  if (error instanceof RateLimitError)
    return { code: error.code, message: error.message, retryAfterMs: error.retryAfterMs }
  if (error instanceof RequestError) return { code: error.code, message: error.message }
  if (error instanceof StoreUnavailableError)
    return {
      code: 'store_unavailable',
      message: `not known to be stored: ${error.message}; send it again with the same "key" in a moment`,
    }
  throw error
}

/** Empty, or the \r of a client that ends its lines as Windows and telnet do. */
function isBlank(line: Buffer): boolean {
  return line.length === 0 || (line.length === 1 && line[0] === 13)
}
