// Finds out where an outbox begins, by its reader's cursor: one question to the store, however often reader and store change their mind.
import { setTimeout as delay } from 'node:timers/promises'
import { type Cursor, type History, type Start, startFor } from '../cursor.ts'
import { StoreUnavailableError } from '../errors.ts'
import type { PostLog } from '../post-log.ts'
import { Pace } from './pace.ts'
import type { StoreQuestions } from './store-questions.ts'

/** Every answer may cost a window of posts, too: a reader that asks without end gets one a second. */
const answers = { burst: 30, everyMs: 1000 }

export interface Asked {
  /** The reader's, in our log. */
  cursor: Cursor | null
  /** The reader is asked by GUID what it lacks, whatever its cursor says. */
  offering: boolean
}

export interface StartingPointOptions {
  log: PostLog
  store: StoreQuestions
  /** The answer; the log still is in the epoch it was given for. */
  begin: (start: Start) => void
  fail: (error: unknown) => void
}

export class StartingPoint {
  readonly #o: StartingPointOptions
  #asked: Asked | undefined
  #isAsking = false
  #isHeld = false
  readonly #pace = new Pace(answers)

  constructor(options: StartingPointOptions) {
    this.#o = options
  }

  /** Replaces an older question that is not yet answered. The caller has dropped what it asked the store before. */
  ask(asked: Asked): void {
    this.#asked = this.#isHeld ? { ...asked, offering: true } : asked
    this.#goOn()
  }

  /**
   * While it is held no answer is given; what was asked last is answered when it is let go, and then by GUID: the reader was
   * served elsewhere meanwhile. The caller has dropped what it asked the store before.
   */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (isHeld && this.#asked !== undefined) this.ask(this.#asked)
    else this.#goOn()
  }

  /** What is not yet answered; undefined when nothing is. */
  get asked(): Asked | undefined {
    return this.#asked
  }

  cancel(): void {
    this.#asked = undefined
  }

  #goOn(): void {
    if (!this.#isAsking) this.#run().catch(this.#o.fail)
  }

  async #run(): Promise<void> {
    this.#isAsking = true
    while (this.#asked !== undefined && !this.#isHeld) {
      const waitMs = this.#pace.take()
      if (waitMs > 0) await delay(waitMs, undefined, { ref: false })
      const asked = this.#asked
      if (asked === undefined) break
      const history = await this.#o.store.ask(() => this.#history())
      if (history === undefined || asked !== this.#asked) continue
      this.#asked = undefined
      const start = startFor(asked.cursor, history)
      this.#o.begin(asked.offering ? { ...start, known: false } : start)
    }
    this.#isAsking = false
  }

  /** Of the epoch that `head` and `tail` are in. @throws StoreUnavailableError while the log changes over */
  async #history(): Promise<History> {
    const { log } = this.#o
    const history = await log.history()
    if (history.epoch === log.head.epoch) return history
    throw new StoreUnavailableError('the log is beginning a new epoch')
  }
}
