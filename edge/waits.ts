// Waits that end when the program does.
import { setTimeout as delay } from 'node:timers/promises'

const hourMs = 3_600_000

/** Resolves after so many ms, or when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<unknown> {
  return delay(ms, undefined, { signal, ref: false }).catch(() => undefined)
}

/** Resolves when the signal aborts. */
export async function everyHour(tell: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(hourMs, signal)
    if (!signal.aborted) tell()
  }
}
