// Keeps the echo ledger level with a room's log: what is in the log may be put on the air by any gateway of the island.
import { postSchema } from '#common/post.ts'
import type { Entry, LogHead, PostLog } from '#common/post-log.ts'
import { readerOn } from '#common/read-on.ts'
import type { EchoLedger } from './echo-ledger.ts'

const pageEntries = 100
/** Of the log as it is found at the start. */
const backEntries = 500

export class LedgerFeed {
  /** @throws StoreUnavailableError */
  readonly catchUp: () => Promise<void>

  constructor(log: PostLog, ledger: EchoLedger) {
    const startAt = ({ head }: LogHead, offset = Math.max(0, head - backEntries)) => offset
    const take = ({ json, receivedAt }: Entry) => {
      const post = postSchema.safeParse(JSON.parse(json)).data
      if (post !== undefined) ledger.remember({ ...post, name: post.author.name }, receivedAt)
    }
    this.catchUp = readerOn({ log, pageEntries, startAt, take })
  }
}
