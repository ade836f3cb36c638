// Lets go of posts past their retention, a few at a time, once an hour.
import { StoreUnavailableError } from './errors.ts'
import type { Log } from './log.ts'
import type { PostLog } from './post-log.ts'

const everyMs = 3_600_000
/** A log's trim drops at most 10,000 posts a call; more than so many calls wait for the next hour. */
const callsMax = 100

export interface TrimmingOptions {
  logs: () => readonly PostLog[] | Promise<readonly PostLog[]>
  /** Unix ms; default the system's clock. */
  now?: () => number
  log: Log
}

/** Runs once at the start, then every hour, until the returned function is called. */
export function startTrimming(options: TrimmingOptions): () => void {
  const run = () => void trimAll(options)
  const timer = setInterval(run, everyMs)
  timer.unref()
  run()
  return () => clearInterval(timer)
}

async function trimAll({ logs, now = Date.now, log }: TrimmingOptions): Promise<void> {
  try {
    for (const postLog of await logs()) {
      const dropped = await trim(postLog, now)
      if (dropped > 0) log.info(`${dropped} posts of room "${postLog.room}" are past their retention and were dropped`)
    }
  } catch (error) {
    if (error instanceof StoreUnavailableError) log.debug(`retention waits for the store: ${error.message}`)
    else log.error({ err: error }, 'posts past their retention could not be dropped')
  }
}

async function trim(postLog: PostLog, now: () => number): Promise<number> {
  let sum = 0
  for (let call = 0; call < callsMax; call++) {
    const dropped = await postLog.trim(now())
    sum += dropped
    if (dropped === 0) break
    await new Promise(resolve => setImmediate(resolve))
  }
  return sum
}
