// What the spokes tell of themselves: heard here, written to the store for all instances a moment later, read from there.
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { oneByOne } from '#common/one-by-one.ts'
import type { ReportedRoom, ReportedSelf, SpokeReport } from '#common/spoke-report.ts'
import type { Notes } from '../store/notes.ts'
import { idOfKey, type KeptPart, type PartText, partFromText, partKeys, partTexts } from './kept-report.ts'

/** Other instances know it after so long at the latest; an embedded hub has no others, and spares its disk. */
const flushMs = { shared: 2000, alone: 30_000 }
/** Written at once; what is left follows with the next. */
const textsPerFlush = 4000
/** Of somebody who is not listed: longer than a spoke that has just come may lack in the registry. */
const strayMs = 10 * 60_000

/** What is known of a spoke by its own word. */
export interface KnownReport {
  /** The same objects as long as it has said nothing new. */
  rooms: ReportedRoom[]
  self: ReportedSelf | null
  /** Unix ms of the last word; null: never. */
  reportedAt: number | null
}

export interface SpokeReportsOptions {
  /** Of reports alone. */
  notes: Notes
  /** Other instances read and write there, too. */
  isShared: boolean
  /** Is it linked to this instance? Then nobody knows better. */
  isLinked: (id: string) => boolean
  log: Log
  /** Unix ms. */
  now: () => number
}

const noRooms: ReportedRoom[] = []

interface Kept {
  text: string
  part: KeptPart
}

export class SpokeReports {
  readonly #o: SpokeReportsOptions
  readonly #keptByKey = new Map<string, Kept>()
  /** Heard here and not written yet. */
  readonly #unsaved = new Map<string, Kept>()
  readonly #timer: NodeJS.Timeout
  /** Reading and writing take turns: what is written meanwhile would look lost to a reader. */
  readonly #inTurn = oneByOne()
  #isRead = false

  constructor(options: SpokeReportsOptions) {
    this.#o = options
    const everyMs = options.isShared ? flushMs.shared : flushMs.alone
    this.#timer = setInterval(() => void this.flush(), everyMs).unref()
  }

  /** A spoke linked to this instance says something; the part that it leaves out still holds. */
  hear(id: string, report: SpokeReport): void {
    for (const text of partTexts(id, report, this.#o.now())) this.#take(text)
  }

  get(id: string): KnownReport {
    const [rooms, self] = partKeys(id).map(key => this.#keptByKey.get(key)?.part)
    const at = Math.max(rooms?.at ?? 0, self?.at ?? 0)
    return { rooms: rooms?.rooms ?? noRooms, self: self?.self ?? null, reportedAt: at === 0 ? null : at }
  }

  /** Learns what other instances have heard. @throws StoreUnavailableError */
  read(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isRead && !this.#o.isShared) return
      this.#learn(await this.#o.notes.all(''))
      this.#isRead = true
    })
  }

  /** Writes what was heard since: one command. What could not be written is for the next time. Never throws. */
  flush(): Promise<void> {
    return this.#inTurn(async () => {
      const some = [...this.#unsaved].slice(0, textsPerFlush)
      if (some.length === 0) return
      try {
        await this.#o.notes.setMany(new Map(some.map(([key, { text }]) => [key, text])))
        for (const [key, kept] of some) if (this.#unsaved.get(key) === kept) this.#unsaved.delete(key)
      } catch (error) {
        if (!(error instanceof StoreUnavailableError))
          this.#o.log.error({ err: error }, 'what spokes tell of themselves could not be kept')
      }
    })
  }

  /** As if it had never said anything. @throws StoreUnavailableError */
  forget(ids: readonly string[]): Promise<void> {
    const keys = ids.flatMap(partKeys)
    for (const key of keys) {
      this.#unsaved.delete(key)
      this.#keptByKey.delete(key)
    }
    return this.#inTurn(() => this.#o.notes.remove(...keys))
  }

  /** Of whom something is kept although they are not `listed` any more. */
  strays(listed: ReadonlySet<string>): string[] {
    const before = this.#o.now() - strayMs
    const keys = [...this.#keptByKey].filter(([key, { part }]) => part.at < before && !listed.has(idOfKey(key)))
    return [...new Set(keys.map(([key]) => idOfKey(key)))]
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  #take({ key, text, part }: PartText): void {
    const kept = { text, part }
    this.#keptByKey.set(key, kept)
    this.#unsaved.set(key, kept)
  }

  #learn(texts: ReadonlyMap<string, string>): void {
    for (const [key, text] of texts) {
      if (this.#keptByKey.get(key)?.text === text || this.#unsaved.has(key)) continue
      this.#stored(key, text)
    }
    for (const key of this.#keptByKey.keys()) if (!texts.has(key) && !this.#unsaved.has(key)) this.#missed(key)
  }

  /** The store has another text; the instance that had the link before may have written last. */
  #stored(key: string, text: string): void {
    const kept = this.#keptByKey.get(key)
    const part = partFromText(text)
    const isOurs = kept !== undefined && this.#o.isLinked(idOfKey(key))
    if (isOurs && kept.part.at > (part?.at ?? 0)) this.#unsaved.set(key, kept)
    else if (part !== undefined) this.#keptByKey.set(key, { text, part })
  }

  /** The store has lost it; or the spoke was forgotten. */
  #missed(key: string): void {
    const kept = this.#keptByKey.get(key)
    if (kept !== undefined && this.#o.isLinked(idOfKey(key))) this.#unsaved.set(key, kept)
    else this.#keptByKey.delete(key)
  }
}
