// Upkeep as an instance of a hub on Redis has it, with shorter times; and jobs that note their runs.
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisConf } from '#common/config/redis-conf.ts'
import { createLog } from '#common/log.ts'
import { connectForJobs } from '#hub/redis/redis-connections.ts'
import { startJobs } from '#hub/redis/redis-jobs.ts'
import { redisNotes } from '#hub/redis/redis-notes.ts'
import { RedisStore } from '#hub/redis/redis-store.ts'
import type { Job, Upkeep } from '#hub/upkeep/job.ts'
import { JobFacts } from '#hub/upkeep/job-facts.ts'
import { JobRunner } from '#hub/upkeep/job-run.ts'
import type { Cleanup } from './redis-server.ts'
import { single, storeOptions, whenReady } from './redis-stores.ts'

export interface UpkeepUnderTest {
  upkeep: Upkeep
  facts: JobFacts
  store: RedisStore
  lines: readonly string[]
}

/** Of instances that are to die in the middle of a job: then another one may begin it anew. One on a busy machine is not dead. */
export const shortLockMs = 1_000
const lockMs = 5_000

/** Closed with the test. */
export async function openUpkeep(
  test: Cleanup,
  at: string | RedisConf,
  jobs: readonly Job[] | { jobs: readonly Job[]; lockMs: number },
): Promise<UpkeepUnderTest> {
  const given = 'jobs' in jobs ? jobs : { jobs, lockMs }
  const conf = typeof at === 'string' ? single(at) : at
  const lines: string[] = []
  const log = createLog({ json: false, write: line => void lines.push(line) })
  const listeners = new Set<() => void>()
  const keep = async () => {
    for (const listener of listeners) listener()
  }
  const store = await whenReady(await RedisStore.open({ ...storeOptions({ conf }), log, keep }))
  const names = given.jobs.map(({ name }) => name)
  const facts = new JobFacts(redisNotes(store.redis), names)
  const upkeep = startJobs({
    ...{ ...given, log, redis: store.redis },
    runner: new JobRunner({ facts, log, now: Date.now }),
    queueConnection: connectForJobs(conf, 'test:upkeep'),
    onRenewed: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  test.after(async () => {
    await upkeep.close()
    await store.close()
  })
  return { upkeep, facts, store, lines }
}

/** Counts runs and how many were under way at once, over all instances that are given it. */
export class CountedJob {
  runs = 0
  ended = 0
  atOnceMax = 0

  /** Each run takes `runMs`, and ends not before `until` has resolved. */
  job(name: string, { everyMs, runMs = 0, until }: { everyMs: number; runMs?: number; until?: Promise<unknown> }): Job {
    return {
      name,
      everyMs,
      deadlineMs: 60_000,
      run: async signal => {
        this.runs += 1
        this.atOnceMax = Math.max(this.atOnceMax, this.runs - this.ended)
        await delay(runMs, undefined, { signal }).catch(() => {})
        await until
        this.ended += 1
      },
    }
  }
}
