// No look may take for ever, whatever it waits for.
import { setTimeout as delay } from 'node:timers/promises'

/** A look took too long. */
export class LateError extends Error {
  override name = 'LateError'
}

/** What `work` gives, or LateError after `ms` or when `signal` aborts; `work` is told by its own signal. @throws as `work` */
export async function within<T>(ms: number, signal: AbortSignal, work: (late: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = AbortSignal.any([signal, over.signal])
  const working = work(late)
  // Nobody listens any more when it fails after its deadline.
  working.catch(() => {})
  const stop = new AbortController()
  const tooLate = delay(ms, undefined, { signal: AbortSignal.any([signal, stop.signal]) }).then(
    () => Promise.reject(new LateError(`no answer in ${ms / 1000} s`)),
    () => Promise.reject(new LateError('no answer in time')),
  )
  tooLate.catch(() => {})
  try {
    return await Promise.race([working, tooLate])
  } finally {
    stop.abort()
    over.abort()
  }
}
