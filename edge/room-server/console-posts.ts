// How far posts that were written at a console are on their way to the air: the newest of one room.
import { StoreUnavailableError } from '#common/errors.ts'
import { NewestSet } from '#common/newest.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import { type AirState, airTold } from '#common/spoke-report.ts'

/** Older ones are not looked at any more. */
const toldMs = 6 * 3_600_000
/** So far back it is looked for them at the start, and when very many posts come in at once. */
const lookedBack = 500
/** As encodePost() writes it; quotes of a text are written otherwise. */
const consoleMark = '"source":"console"'

/** Those on the air need not be the newest. */
export const airedKept = 2 * airTold

/** GUIDs of a room's posts that were on the air, over a restart. */
export interface AiredStore {
  load(room: string): string[]
  /** @throws StoreUnavailableError */
  save(room: string, guids: readonly string[]): void
}

export interface ConsolePostsParts {
  log: PostLog
  aired: AiredStore
  /** Is it still to be sent to anybody? @throws StoreUnavailableError */
  isAwaited: (entry: Entry) => boolean | Promise<boolean>
  /** Unix ms, as stamped on posts. */
  now: () => number
}

export interface PostOnAir {
  guid: string
  state: AirState
}

export class ConsolePosts {
  readonly #p: ConsolePostsParts
  readonly #aired: NewestSet<string>
  readonly #listeners = new Set<() => void>()
  #epoch = ''
  /** The log is looked at up to here. */
  #offset = 0
  /** The oldest first. */
  #entries: Entry[] = []
  #reading: Promise<void> | undefined

  constructor(parts: ConsolePostsParts) {
    this.#p = parts
    this.#aired = new NewestSet(airedKept, parts.aired.load(parts.log.room))
  }

  /** Is called when one was on the air for the first time. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** At most `airTold`, the oldest first. @throws StoreUnavailableError */
  async states(): Promise<PostOnAir[]> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    await this.#reading
    return Promise.all(this.#entries.map(async entry => ({ guid: entry.guid, state: await this.#stateOf(entry) })))
  }

  /** It was sent to somebody. Of other posts nothing is remembered. */
  wasOnAir({ guid, json }: Pick<Entry, 'guid' | 'json'>): void {
    if (!json.includes(consoleMark) || this.#aired.has(guid)) return
    this.#aired.add(guid)
    for (const listener of this.#listeners) listener()
    this.#save()
  }

  /** What is not on disk is known until the next start. */
  #save(): void {
    try {
      this.#p.aired.save(this.#p.log.room, [...this.#aired])
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error
    }
  }

  async #stateOf(entry: Entry): Promise<AirState> {
    if (this.#aired.has(entry.guid)) return 'on-air'
    return (await this.#p.isAwaited(entry)) ? 'waiting' : 'passed'
  }

  async #read(): Promise<void> {
    const { log } = this.#p
    const { epoch } = log.head
    if (epoch !== this.#epoch) this.#begin(epoch)
    this.#offset = Math.max(this.#offset, log.head.head - lookedBack)
    while (log.head.epoch === epoch && this.#offset < log.head.head) {
      const entries = log.tail.readAfter(this.#offset, lookedBack) ?? (await log.readAfter(this.#offset, lookedBack))
      const last = entries.at(-1)
      if (log.head.epoch !== epoch || last === undefined) break
      this.#offset = last.offset
      this.#entries.push(...entries.filter(({ json }) => json.includes(consoleMark)))
    }
    const since = this.#p.now() - toldMs
    this.#entries = this.#entries.filter(({ receivedAt }) => receivedAt >= since).slice(-airTold)
  }

  #begin(epoch: string): void {
    this.#epoch = epoch
    this.#offset = 0
    this.#entries = []
  }
}
