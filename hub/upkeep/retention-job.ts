// Lets go of posts that are too old or too many, a few at a time, and of the cursors of spokes that have left.
import type { RoomRetention } from '#common/config/retention-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import type { Job } from './job.ts'
import { LastSight, type LastSightParts } from './last-sight.ts'

const dayMs = 86_400_000
/** A log's trim drops at most 10,000 posts a call; more than so many calls wait for the next run. */
const callsMax = 100

export interface RetentionParts extends LastSightParts {
  rooms: () => Promise<string[]>
  logOf: (room: string) => Promise<PostLog>
  retentionOf: (room: string) => RoomRetention
  log: Log
}

export function retentionJob(parts: RetentionParts): Job {
  return {
    name: 'retention',
    everyMs: 3_600_000,
    deadlineMs: 1_800_000,
    makesRoom: true,
    run: async signal => {
      const sight = await LastSight.read(parts)
      const faults: StoreUnavailableError[] = []
      for (const room of await parts.rooms()) {
        const fault = await lookAt(room, parts, { sight, signal })
        if (fault !== undefined) faults.push(fault)
      }
      await sight.save()
      if (faults[0] !== undefined) throw faults[0]
    },
  }
}

/** Gives what kept it from a room: others may be within reach, and a Redis that is full needs what room they make. */
async function lookAt(
  room: string,
  parts: RetentionParts,
  { sight, signal }: { sight: LastSight; signal: AbortSignal },
): Promise<StoreUnavailableError | undefined> {
  try {
    const postLog = await parts.logOf(room)
    await dropPosts(postLog, parts, signal)
    await dropCursors(postLog, parts, sight)
    return undefined
  } catch (error) {
    if (error instanceof StoreUnavailableError) return error
    throw error
  }
}

async function dropPosts(postLog: PostLog, parts: RetentionParts, signal: AbortSignal): Promise<void> {
  const { retentionOf, now, log } = parts
  const { postsMax } = retentionOf(postLog.room)
  let sum = 0
  for (let call = 0; call < callsMax; call++) {
    signal.throwIfAborted()
    const dropped = await postLog.trim(now(), postsMax)
    sum += dropped
    if (dropped === 0) break
    await new Promise(resolve => setImmediate(resolve))
  }
  if (sum > 0) log.info(`${sum} posts of room "${postLog.room}" are past its retention and were dropped`)
}

/** Should such a spoke come back, it offers what it has, and nothing comes twice. */
async function dropCursors(postLog: PostLog, { retentionOf, now, log }: RetentionParts, sight: LastSight) {
  const keptSince = now() - retentionOf(postLog.room).days * dayMs
  const left = (await postLog.cursors()).filter(id => sight.of(id) < keptSince)
  for (const id of left) await postLog.dropCursor(id)
  if (left.length > 0) log.info(`${left.length} cursors of spokes that left were dropped from room "${postLog.room}"`)
}
