// Lets go of posts past their retention, a few at a time.
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import type { Job } from './job.ts'

/** A log's trim drops at most 10,000 posts a call; more than so many calls wait for the next run. */
const callsMax = 100

export interface RetentionOptions {
  rooms: () => Promise<string[]>
  log: (room: string) => Promise<PostLog>
  /** Unix ms. */
  now: () => number
  out: Log
}

export function retentionJob({ rooms, log, now, out }: RetentionOptions): Job {
  return {
    name: 'retention',
    everyMs: 3_600_000,
    deadlineMs: 1_800_000,
    run: async signal => {
      for (const room of await rooms()) {
        const dropped = await trim(await log(room), now, signal)
        if (dropped > 0) out.info(`${dropped} posts of room "${room}" are past their retention and were dropped`)
      }
    },
  }
}

async function trim(postLog: PostLog, now: () => number, signal: AbortSignal): Promise<number> {
  let sum = 0
  for (let call = 0; call < callsMax; call++) {
    signal.throwIfAborted()
    const dropped = await postLog.trim(now())
    sum += dropped
    if (dropped === 0) break
    await new Promise(resolve => setImmediate(resolve))
  }
  return sum
}
