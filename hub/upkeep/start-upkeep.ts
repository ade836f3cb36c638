// The upkeep of this hub, put together: its jobs, what is known of their runs, what operators are told.
import { Alerts } from '#common/alerts/alerts.ts'
import { hubRules } from '#common/alerts/rules.ts'
import type { CertificateFacts } from '#common/certificate-facts.ts'
import type { HubConf } from '#common/config/hub-conf.ts'
import { longestDays, retentionOf } from '#common/config/retention-conf.ts'
import type { Log } from '#common/log.ts'
import type { City } from '#common/network.ts'
import { readSpokes } from '../rights/spoke-list.ts'
import type { HubStore } from '../store/hub-store.ts'
import { Webhooks } from '../webhooks/webhooks.ts'
import { askingJob } from './asking-job.ts'
import { bandwidthJob } from './bandwidth-job.ts'
import { ByteLedger } from './byte-ledger.ts'
import { certificatesJob } from './certificates-job.ts'
import type { Job, Upkeep } from './job.ts'
import { JobFacts } from './job-facts.ts'
import { JobRunner } from './job-run.ts'
import { retentionJob } from './retention-job.ts'
import { silenceJob } from './silence-job.ts'
import { troublesJob } from './troubles-job.ts'

const dayMs = 86_400_000

export interface UpkeepParts {
  conf: HubConf
  store: HubStore
  log: Log
  /** Unix ms. */
  now: () => number
  /** Of this hub; undefined behind a proxy. */
  certificate: CertificateFacts | undefined
  /** The cities as the hub knows them now, and the jobs that keep that up. */
  network: { cities: () => Promise<readonly City[]>; jobs: readonly Job[] }
}

export interface RunningUpkeep extends Upkeep {
  readonly facts: JobFacts
  readonly alerts: Alerts
  readonly bytes: ByteLedger
  readonly webhooks: Webhooks
}

export async function startUpkeep(parts: UpkeepParts): Promise<RunningUpkeep> {
  const { conf, store, log, now } = parts
  const alerts = new Alerts({ store: store.alerts, log, now })
  const webhooks = new Webhooks({ confs: conf.webhooks, store, log, alerts, now })
  const jobs = [...jobsOf(parts, alerts), ...webhooks.jobs, ...parts.network.jobs]
  const names = jobs.map(({ name }) => name)
  const facts = new JobFacts(store.notes, names)
  const bytes = new ByteLedger({ store: store.traffic, log, now })
  const upkeep = await store.startJobs(jobs, new JobRunner({ facts, log, now }))
  webhooks.start(upkeep)
  const close = async () => {
    webhooks.stop()
    await upkeep.close()
    await bytes.close()
  }
  return { facts, alerts, bytes, webhooks, wake: name => upkeep.wake(name), close }
}

function jobsOf(parts: UpkeepParts, alerts: Alerts): Job[] {
  const { conf, store, log, now, certificate } = parts
  const { silentMs, wanPercent, certificateDays } = conf.alerts
  const { notes, traffic } = store
  const common = { notes, alerts, now, spokes: () => store.registry.spokes() }
  const jobs = [
    retentionJob({
      ...{ ...common, log },
      rooms: () => store.rooms(),
      logOf: room => store.log(room),
      retentionOf: room => retentionOf(conf.retention, room),
    }),
  ]
  if (silentMs > 0) {
    const spokes = () => spokesLetIn(store, conf.enrol)
    jobs.push(silenceJob({ ...common, spokes, silentMs, leftMs: longestDays(conf.retention) * dayMs }))
  }
  if (wanPercent > 0) jobs.push(bandwidthJob({ ...common, percent: wanPercent, traffic }))
  if (certificate !== undefined) jobs.push(certificatesJob({ ...common, certificate, firstDays: certificateDays }))
  const cities = async () => (await parts.network.cities()).filter(isLetIn)
  jobs.push(troublesJob({ ...common, cities, rules: hubRules(certificateDays) }))
  jobs.push(askingJob({ ...common, spokes: () => readSpokes(store, conf.enrol) }))
  return jobs
}

function isLetIn({ lastSeenAt, standing }: Pick<City, 'lastSeenAt' | 'standing'>): boolean {
  return lastSeenAt !== null && (standing === 'approved' || standing === 'open')
}

/** Those that were here, and may come again. */
async function spokesLetIn(store: HubStore, enrol: HubConf['enrol']) {
  const spokes = await readSpokes(store, enrol)
  return spokes.flatMap(({ id, name, connected, lastSeenAt, state }) =>
    lastSeenAt !== null && (state === 'approved' || state === 'open') ? [{ id, name, connected, lastSeenAt }] : [],
  )
}
