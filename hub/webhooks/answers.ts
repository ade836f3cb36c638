// What an answer of an endpoint means, and how long to wait until the next try.

/** `refused`: these posts are bad to it, others may be welcome. `failed`: it is not to be had now. `error` holds no URL and no address. */
export type Outcome =
  | { kind: 'delivered' }
  | { kind: 'refused'; error: string }
  | { kind: 'failed'; error: string; retryAfterMs?: number | undefined }

const badBatch = new Set([400, 413, 422])
const firstDelayMs = 10_000
/** What an endpoint may ask for. */
const retryAfterMaxMs = 3_600_000

/** `retryAfter`: the header as it came; `now`: Unix ms. */
export function outcomeOf(status: number, retryAfter: string | undefined, now: number): Outcome {
  if (status >= 200 && status <= 299) return { kind: 'delivered' }
  if (badBatch.has(status)) return { kind: 'refused', error: `HTTP ${status}` }
  if (status >= 300 && status <= 399)
    return { kind: 'failed', error: `HTTP ${status}: redirects are not followed, url must be the last address` }
  return { kind: 'failed', error: `HTTP ${status}`, retryAfterMs: retryAfterMs(retryAfter, now) }
}

/**
 * After the `tries`-th failure in a row: half of it fixed, half at random, so that many hubs do not come back as one.
 * 5 to 10 s after the first, twice that after the next, at most `maxMs`.
 */
export function backOffMs(tries: number, maxMs: number, random = Math.random): number {
  const whole = Math.min(maxMs, firstDelayMs * 2 ** Math.min(tries - 1, 20))
  return Math.round(whole * (0.5 + 0.5 * random()))
}

/** RFC 9110, section 10.2.3: seconds or a date. Undefined when it says nothing of use; at most an hour. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d{1,10}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return ms > 0 ? Math.min(ms, retryAfterMaxMs) : undefined
}
