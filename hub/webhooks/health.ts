// How a webhook's endpoint does, as pure steps from one try to the next.
import { backOffMs } from './answers.ts'
import type { Health, Pending } from './webhook-notes.ts'

/** So often a batch is refused before it is given up. */
export const refusalsMax = 5

/** A batch up to `to` that was not tried before; `now`: Unix ms. */
export function newPending(to: number, now: number): Pending {
  return { to, since: now, strikes: 0, refusals: 0, nextTryAt: 0 }
}

/** What a step goes by. */
export interface Moment {
  /** Unix ms. */
  now: number
  retryMaxMs: number
  random: () => number
}

/** A wait that reaches further than this was written by a clock that is not ours. */
const waitMaxMs = 3_600_000

export function afterSuccess(health: Health, now: number): Health {
  return { ...health, failing: null, lastSuccessAt: now }
}

/** The endpoint is not to be had. `isTold`: the log has said so. */
export function afterFailure(
  health: Health,
  { error, retryAfterMs = 0, isTold }: { error: string; retryAfterMs?: number | undefined; isTold: boolean },
  { now, retryMaxMs, random }: Moment,
): Health {
  const { since = now, tries = 0, isTold: wasTold = false } = health.failing ?? {}
  const wait = Math.max(backOffMs(tries + 1, retryMaxMs, random), retryAfterMs)
  const failing = { since, tries: tries + 1, nextTryAt: now + wait, isTold: isTold || wasTold }
  return { ...health, failing, lastError: error, lastErrorAt: now }
}

/** The endpoint answers, and does not want these posts. */
export function afterRefusal(health: Health, error: string, now: number): Health {
  return { ...health, lastError: error, lastErrorAt: now }
}

/**
 * The batch that failed. While other rooms are delivered it is the batch that has to wait, ever longer, and not they:
 * an endpoint that breaks on one batch must not be kept from all others.
 */
export function pendingAfterFailure(
  pending: Pending,
  wasFailing: boolean,
  { now, retryMaxMs, random }: Moment,
): Pending {
  if (wasFailing) return pending
  const strikes = pending.strikes + 1
  return { ...pending, strikes, nextTryAt: now + backOffMs(strikes, retryMaxMs, random) }
}

export function pendingAfterRefusal(pending: Pending, { now, retryMaxMs, random }: Moment): Pending {
  const refusals = pending.refusals + 1
  return { ...pending, refusals, nextTryAt: now + backOffMs(refusals, retryMaxMs, random) }
}

/** True when it is not yet time (Unix ms). */
export function mustWait(nextTryAt: number | undefined, now: number): boolean {
  return nextTryAt !== undefined && nextTryAt > now && nextTryAt - now <= waitMaxMs
}
