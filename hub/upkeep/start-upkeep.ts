// The upkeep of this hub, put together: its jobs, and what is known of their runs.
import type { HubConf } from '#common/config/hub-conf.ts'
import type { Log } from '#common/log.ts'
import type { HubStore } from '../hub-store.ts'
import { Webhooks } from '../webhooks/webhooks.ts'
import { Alerts } from './alerts.ts'
import type { Job, Upkeep } from './job.ts'
import { JobFacts } from './job-facts.ts'
import { JobRunner } from './job-run.ts'
import { retentionJob } from './retention-job.ts'

export interface UpkeepParts {
  conf: HubConf
  store: HubStore
  log: Log
  /** Unix ms. */
  now: () => number
}

export interface RunningUpkeep extends Upkeep {
  readonly facts: JobFacts
  readonly alerts: Alerts
  readonly webhooks: Webhooks
}

export async function startUpkeep(parts: UpkeepParts): Promise<RunningUpkeep> {
  const { conf, store, log, now } = parts
  const alerts = new Alerts({ store: store.alerts, log, now })
  const webhooks = new Webhooks({ confs: conf.webhooks, store, log, alerts, now })
  const jobs = [...jobsOf(parts), ...webhooks.jobs]
  const facts = new JobFacts(
    store.notes,
    jobs.map(({ name }) => name),
  )
  const upkeep = await store.startJobs(jobs, new JobRunner({ facts, log, now }))
  webhooks.start(upkeep)
  const close = async () => {
    webhooks.stop()
    await upkeep.close()
  }
  return { facts, alerts, webhooks, wake: name => upkeep.wake(name), close }
}

function jobsOf({ store, log, now }: UpkeepParts): Job[] {
  return [retentionJob({ rooms: () => store.rooms(), log: room => store.log(room), now, out: log })]
}
