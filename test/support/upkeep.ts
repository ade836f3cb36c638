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

/** Closed with the test. */
export async function openUpkeep(
  test: Cleanup,
  at: string | RedisConf,
  jobs: readonly Job[],
): Promise<UpkeepUnderTest> {
  const conf = typeof at === 'string' ? single(at) : at
  const lines: string[] = []
  const log = createLog({ json: false, write: line => void lines.push(line) })
  const listeners = new Set<() => void>()
  const keep = async () => {
    for (const listener of listeners) listener()
  }
  const store = await whenReady(await RedisStore.open({ ...storeOptions({ conf }), log, keep }))
  const names = jobs.map(({ name }) => name)
  const facts = new JobFacts(redisNotes(store.redis), names)
  const upkeep = startJobs({
    ...{ jobs, log, redis: store.redis, lockMs: 1_000 },
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
