// How far posts that were written at a console are on their way to the air: the newest of one room.
import { StoreUnavailableError } from '#common/errors.ts'
import { NewestSet } from '#common/newest.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import { readerOn } from '#common/read-on.ts'
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
  readonly #readOn: () => Promise<void>
  /** The oldest first. */
  #entries: Entry[] = []

  constructor(parts: ConsolePostsParts) {
    this.#p = parts
    this.#aired = new NewestSet(airedKept, parts.aired.load(parts.log.room))
    this.#readOn = readerOn({
      log: parts.log,
      pageEntries: lookedBack,
      startAt: ({ head }, offset) => {
        if (offset === undefined) this.#entries = []
        return Math.max(offset ?? 0, head - lookedBack)
      },
      take: entry => {
        if (entry.json.includes(consoleMark)) this.#entries.push(entry)
      },
    })
  }

  /** Is called when one was on the air for the first time. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** At most `airTold`, the oldest first. @throws StoreUnavailableError */
  async states(): Promise<PostOnAir[]> {
    await this.#readOn()
    const since = this.#p.now() - toldMs
    this.#entries = this.#entries.filter(({ receivedAt }) => receivedAt >= since).slice(-airTold)
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
}
