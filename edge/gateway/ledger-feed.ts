// Keeps the echo ledger level with a room's log: what is in the log may be put on the air by any gateway of the island.
import { postSchema } from '#common/post.ts'
import type { PostLog } from '#common/post-log.ts'
import type { EchoLedger } from './echo-ledger.ts'

const pageEntries = 100
/** Of the log as it is found at the start. */
const backEntries = 500

export class LedgerFeed {
  readonly #log: PostLog
  readonly #ledger: EchoLedger
  #epoch = ''
  #offset = 0
  #reading: Promise<void> | undefined

  constructor(log: PostLog, ledger: EchoLedger) {
    this.#log = log
    this.#ledger = ledger
  }

  /** @throws StoreUnavailableError */
  catchUp(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const log = this.#log
    const { epoch } = log.head
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#offset = Math.max(0, log.head.head - backEntries)
    }
    while (log.head.epoch === epoch && this.#offset < log.head.head) {
      const entries = log.tail.readAfter(this.#offset, pageEntries) ?? (await log.readAfter(this.#offset, pageEntries))
      const last = entries.at(-1)
      if (last === undefined) return
      for (const { json, receivedAt } of entries) {
        const post = postSchema.safeParse(JSON.parse(json)).data
        if (post !== undefined) this.#ledger.remember({ ...post, name: post.author.name }, receivedAt)
      }
      this.#offset = last.offset
    }
  }
}
