// Reading a log from where one has read to, for who makes something of every post in this process.
import type { Entry, LogHead, PostLog } from './post-log.ts'

/** Entries behind `offset`, in order, at most `limit`: from memory, or else from the store. @throws StoreUnavailableError */
export async function entriesAfter(log: PostLog, offset: number, limit: number): Promise<readonly Entry[]> {
  return log.tail.readAfter(offset, limit) ?? (await log.readAfter(offset, limit))
}

export interface ReadOnParts {
  log: PostLog
  /** At most so many entries at once. */
  pageEntries: number
  /** Asked before each reading: after which offset? `offset`: the last that was taken; undefined when the log has begun a new epoch. */
  startAt: (head: LogHead, offset: number | undefined) => number
  take: (entry: Entry) => void
}

/** Gives what reads up to the end of the log, and rejects with StoreUnavailableError; whoever calls meanwhile waits for the same reading. */
export function readerOn({ log, pageEntries, startAt, take }: ReadOnParts): () => Promise<void> {
  let epoch: string | undefined
  let offset: number | undefined
  let reading: Promise<void> | undefined
  const read = async () => {
    if (log.head.epoch !== epoch) offset = undefined
    epoch = log.head.epoch
    offset = startAt(log.head, offset)
    while (log.head.epoch === epoch && offset < log.head.head) {
      const entries = await entriesAfter(log, offset, pageEntries)
      if (log.head.epoch !== epoch || entries.length === 0) return
      for (const entry of entries) {
        take(entry)
        offset = entry.offset
      }
    }
  }
  return () => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
}
