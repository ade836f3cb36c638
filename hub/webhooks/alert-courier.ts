// Delivers alerts to a webhook that wants them, in order, from a cursor of its own in the list of alerts.
import type { Log } from '#common/log.ts'
import type { Endpoint, RunLimits } from './endpoint.ts'
import { mustWait, newPending, pendingAfterFailure, pendingAfterRefusal, refusalsMax } from './health.ts'
import { webhookId } from './signature.ts'
import type { Pending } from './webhook-notes.ts'

/** An alert as it is sent; its number only ever grows. */
export interface NumberedAlert {
  n: number
}

export interface AlertCourierParts {
  webhook: string
  endpoint: Endpoint
  log: Log
  now: () => number
  /** At most `limit` with a number above `n`, the oldest first. @throws StoreUnavailableError */
  after: (n: number, limit: number) => Promise<readonly NumberedAlert[]>
}

const batchAlertsMax = 50

/** False when it has to go on later: the endpoint failed, or the time is over. @throws StoreUnavailableError, or the signal's reason */
export async function deliverAlerts(parts: AlertCourierParts, { until, signal }: RunLimits): Promise<boolean> {
  while (parts.now() <= until) {
    const step = await deliverNext(parts, signal)
    if (step !== 'more') return step === 'done'
  }
  return false
}

async function deliverNext(parts: AlertCourierParts, signal: AbortSignal): Promise<'more' | 'done' | 'stop'> {
  const { webhook, endpoint, now, after } = parts
  const { offset, pending } = endpoint.health.alerts
  if (mustWait(pending?.nextTryAt, now())) return 'done'
  const found = await after(offset, batchAlertsMax)
  const alerts = pending === undefined ? found : found.filter(({ n }) => n <= pending.to)
  const to = alerts.at(-1)?.n
  if (to === undefined) return pending === undefined ? 'done' : skip(endpoint, pending)
  const begun = pending ?? newPending(to, now())
  await place(endpoint, { offset, pending: begun })
  const body = JSON.stringify({ type: 'alerts', webhook, alerts })
  const id = webhookId(webhook, 'alerts', offset + 1, begun.to)
  const wasFailing = endpoint.health.failing !== null
  const outcome = await endpoint.deliver(id, body, { isRetry: begun.strikes > 0, signal })
  if (outcome.kind === 'failed') {
    await place(endpoint, { offset, pending: pendingAfterFailure(begun, wasFailing, endpoint.moment()) })
    return 'stop'
  }
  if (outcome.kind === 'refused') return refused(parts, begun, outcome.error)
  await place(endpoint, { offset: begun.to })
  return 'more'
}

/** The list keeps the newest only: these are gone. */
async function skip(endpoint: Endpoint, { to }: Pending): Promise<'more'> {
  await place(endpoint, { offset: to })
  return 'more'
}

/** Alerts are in the log and in the API, too: no dead letters are kept of them. */
async function refused(
  { webhook, endpoint, log }: AlertCourierParts,
  before: Pending,
  error: string,
): Promise<'more' | 'done'> {
  const pending = pendingAfterRefusal(before, endpoint.moment())
  const { offset } = endpoint.health.alerts
  if (pending.refusals < refusalsMax) {
    await place(endpoint, { offset, pending })
    return 'done'
  }
  log.warn(`Webhook "${webhook}" was refused alerts ${refusalsMax} times (${error}): they are not sent again`)
  await place(endpoint, { offset: pending.to })
  return 'more'
}

async function place(endpoint: Endpoint, alerts: { offset: number; pending?: Pending }): Promise<void> {
  endpoint.change({ ...endpoint.health, alerts })
  await endpoint.save()
}
