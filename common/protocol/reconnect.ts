// The one loop that keeps a link up: dial, live, wait, again, until told to stop.
import { setTimeout as delay } from 'node:timers/promises'
import { closeCodes, type LinkEnd } from './close-codes.ts'

export interface ReconnectTimings {
  /** The first try comes after 0 to this many ms, so that a thousand edges do not dial as one. */
  firstMaxMs: number
  minMs: number
  maxMs: number
  /** A link that lived so long starts the back-off anew. */
  settledMs: number
}

/** By default first after 0 to 3 s, then 1 to 60 s. */
export function reconnectTimings(maxMs: number): ReconnectTimings {
  return { firstMaxMs: Math.min(3000, maxMs), minMs: Math.min(1000, maxMs / 2), maxMs, settledMs: 60_000 }
}

export interface ReconnectOptions {
  /** One life of the link, from dialling to its end; must not throw. */
  live: (signal: AbortSignal) => Promise<LinkEnd>
  /** Called before each wait. */
  onWait: (waitMs: number) => void
  signal: AbortSignal
  timings: ReconnectTimings
  random?: () => number
}

/** Decorrelated jitter: between the minimum and three times the last wait, capped (Brooker, "Exponential Backoff and Jitter"). */
export function nextWaitMs(lastMs: number, { minMs, maxMs }: ReconnectTimings, random: () => number): number {
  return Math.min(maxMs, minMs + random() * (Math.max(lastMs * 3, minMs) - minMs))
}

export async function keepLinked({
  live,
  onWait,
  signal,
  timings,
  random = Math.random,
}: ReconnectOptions): Promise<void> {
  let waitMs = random() * timings.firstMaxMs
  let lastMs = timings.minMs
  let wasInvited = false
  while (!signal.aborted) {
    onWait(waitMs)
    await delay(waitMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const startedAt = performance.now()
    const { code, retryAfterMs } = await live(signal)
    const hasHeld = performance.now() - startedAt >= timings.settledMs
    // Who is asked back again and again comes as after any other end.
    const isInvited: boolean = code === closeCodes.regrant && !wasInvited
    wasInvited = isInvited || (wasInvited && !hasHeld)
    const isSettled = isInvited || hasHeld
    lastMs = isSettled ? timings.minMs : nextWaitMs(lastMs, timings, random)
    // What ends a settled link ends many at once: they must not come back as one.
    const usualMs = isSettled ? random() * timings.firstMaxMs : lastMs
    waitMs = Math.max(usualMs, retryAfterMs * (1 + random() / 2))
  }
}
