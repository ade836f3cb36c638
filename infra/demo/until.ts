// Waits for a condition with a deadline, and gives up at once when the demo is to end.
import { setTimeout as delay } from 'node:timers/promises'

export interface UntilOptions {
  /** As in "Pueblo did not hold 300 posts within 15 s". */
  what: string
  signal: AbortSignal
  /** Default 15 s. */
  deadlineMs?: number
}

const pollMs = 10

/**
 * Calls `probe` until it gives something true, and gives that. A probe that throws is not there yet.
 * @throws Error at the deadline; the signal's reason when it aborts
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  { what, signal, deadlineMs = 15_000 }: UntilOptions,
): Promise<NonNullable<T>> {
  const endsAt = performance.now() + deadlineMs
  let fault = ''
  while (performance.now() < endsAt) {
    signal.throwIfAborted()
    try {
      const value = await probe()
      if (value) return value
    } catch (error) {
      fault = ` (${error instanceof Error ? error.message : error})`
    }
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
  throw new Error(`${what} did not come about within ${deadlineMs / 1000} s${fault}`)
}
