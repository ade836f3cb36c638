// Waits until something is so, and says what it last saw when it never was: tests never sleep.
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'

export interface WaitOptions<T> {
  /** What is waited for, as in "timed out waiting for ...". */
  what: string
  /** Default 30 s: what is right comes at once, but not on a machine that is busy with other tests. */
  deadlineMs?: number
  /** When the value is good; default: when it is truthy. */
  until?: (value: T) => boolean
}

const pollMs = 25
/** For the last look: who slept over the deadline himself has to look once more. */
const lastLookMs = 500

/**
 * Calls `probe` every 25 ms until its value is good, and gives that value. A probe that throws is not there yet.
 * @throws Error with `what` and the last value or error seen, once the deadline has passed.
 */
export async function waitFor<T>(probe: () => T | Promise<T>, options: WaitOptions<T>): Promise<NonNullable<T>> {
  const { what, deadlineMs = 30_000, until = Boolean } = options
  const endsAt = performance.now() + deadlineMs
  let seen: unknown = 'nothing: the first look did not come back'
  while (true) {
    const left = endsAt - performance.now()
    try {
      const value = await within(probe(), Math.max(left, lastLookMs))
      seen = value
      if (value !== undefined && value !== null && until(value)) return value
    } catch (error) {
      if (error !== hung) seen = error
    }
    if (left <= 0) throw new Error(`timed out after ${deadlineMs} ms waiting for ${what}; last seen: ${shown(seen)}`)
    await delay(Math.max(0, Math.min(pollMs, endsAt - performance.now())))
  }
}

const hung = Symbol('hung')

/** The value, unless it takes longer than `ms`: then `hung` is thrown. */
async function within<T>(value: T | Promise<T>, ms: number): Promise<T> {
  if (!(value instanceof Promise)) return value
  const timer = new AbortController()
  const late = delay(ms, undefined, { signal: timer.signal }).then(() => Promise.reject(hung))
  try {
    return await Promise.race([value, late])
  } finally {
    timer.abort()
    late.catch(() => {})
  }
}

function shown(value: unknown): string {
  return value instanceof Error ? value.message : inspect(value, { depth: 4, breakLength: 120, maxArrayLength: 20 })
}
