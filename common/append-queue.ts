// Keeps one write in flight per log and groups what arrives meanwhile: one fsync for many links.
import { StoreUnavailableError } from './errors.ts'
import type { AppendResult, Batch } from './post-log.ts'

const groupPostsMax = 512
const queuedPostsMax = 20_000

interface Waiting {
  batch: Batch
  resolve: (result: AppendResult) => void
  reject: (error: unknown) => void
}

/** Stores the batches in order, in one transaction, and gives a result for each. */
export type WriteGroup = (batches: readonly Batch[]) => Promise<AppendResult[]>

export class AppendQueue {
  readonly #write: WriteGroup
  #waiting: Waiting[] = []
  #queuedPosts = 0
  #writing = false

  constructor(write: WriteGroup) {
    this.#write = write
  }

  /** Posts accepted and not yet known to be stored. */
  get depth(): number {
    return this.#queuedPosts
  }

  append(batch: Batch): Promise<AppendResult> {
    if (this.#queuedPosts > queuedPostsMax)
      return Promise.reject(new StoreUnavailableError('too many posts wait to be stored'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject })
      this.#queuedPosts += batch.posts.length
      if (!this.#writing) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
      try {
        const results = await this.#write(group.map(w => w.batch))
        for (const [i, waiting] of group.entries()) settle(waiting, results[i])
      } catch (error) {
        for (const waiting of group) waiting.reject(error)
      }
      for (const { batch } of group) this.#queuedPosts -= batch.posts.length
    }
    this.#writing = false
  }

  #takeGroup(): Waiting[] {
    let posts = 0
    let count = 0
    for (const { batch } of this.#waiting) {
      posts += batch.posts.length
      if (count > 0 && posts > groupPostsMax) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }
}

function settle(waiting: Waiting, result: AppendResult | undefined): void {
  if (result === undefined) waiting.reject(new Error('the store gave no result for a batch'))
  else waiting.resolve(result)
}
