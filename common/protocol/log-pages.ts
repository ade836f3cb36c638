// What an outbox reads of its log: the newest entries from memory, older ones a page at a time from the store.
import type { Entry, PostLog } from '../post-log.ts'
import type { StoreQuestions } from './store-questions.ts'

const pageEntries = 256

export interface LogPagesOptions {
  log: PostLog
  store: StoreQuestions
  /** The store failed for good. */
  fail: (error: unknown) => void
}

export class LogPages {
  readonly #o: LogPagesOptions
  /** What is left of the last page kept. */
  #page: readonly Entry[] = []
  #isReading = false

  constructor(options: LogPagesOptions) {
    this.#o = options
  }

  /** The store was asked and has yet to answer: nothing can go on before. */
  get isReading(): boolean {
    return this.#isReading
  }

  /** Entries right behind `offset`, as many as are at hand; undefined when the store must be asked. */
  after(offset: number): readonly Entry[] | undefined {
    if (this.#page[0]?.offset === offset + 1) return this.#page
    return this.#o.log.tail.readAfter(offset, pageEntries)
  }

  /** The first `count` of the entries that `after` gave are done with. */
  pass(entries: readonly Entry[], count: number): void {
    this.#page = entries === this.#page ? entries.slice(count) : []
  }

  /** Asks the store for entries behind `offset`; not answered when `drop` comes before. One question at a time. */
  read(offset: number, use: (page: readonly Entry[]) => void, limit = pageEntries): void {
    this.#isReading = true
    this.#o.store
      .ask(() => this.#o.log.readAfter(offset, limit))
      .then(page => {
        if (page === undefined) return
        this.#isReading = false
        use(page)
      })
      .catch(this.#o.fail)
  }

  keep(page: readonly Entry[]): void {
    this.#page = page
  }

  /** Forgets the page. The caller has dropped what the store was asked. */
  drop(): void {
    this.#page = []
    this.#isReading = false
  }
}
