// One run of a job: within its deadline, noted in its facts, and heard of in the log when it begins to fail and when it is well again.
import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { Job } from './job.ts'
import type { JobFacts } from './job-facts.ts'

/** A run that does not heed its signal is left to itself after so long. */
const graceMs = 5_000

export interface JobRunnerParts {
  facts: JobFacts
  log: Log
  /** Unix ms. */
  now: () => number
}

export class JobRunner {
  readonly #parts: JobRunnerParts
  readonly #failing = new Set<string>()

  constructor(parts: JobRunnerParts) {
    this.#parts = parts
  }

  /** False when `signal` has ended it: then it does not count. Never throws. */
  async run(job: Job, signal: AbortSignal): Promise<boolean> {
    const startedAt = performance.now()
    const error = await failureOf(job, signal)
    if (signal.aborted) return false
    this.#tell(job, error)
    const outcome = { endedAt: this.#parts.now(), durationMs: Math.round(performance.now() - startedAt) }
    try {
      await this.#parts.facts.add(job.name, { ...outcome, ...(error && { error: error.message }) })
    } catch (failure) {
      this.#parts.log.debug(`the run of upkeep "${job.name}" could not be noted: ${String(failure)}`)
    }
    return true
  }

  #tell({ name }: Job, error: Error | undefined): void {
    const { log } = this.#parts
    if (error === undefined) {
      if (this.#failing.delete(name)) log.info(`Upkeep "${name}" goes well again`)
      return
    }
    // The store itself says when it is away.
    if (error instanceof StoreUnavailableError)
      return log.debug(`upkeep "${name}" waits for the store: ${error.message}`)
    if (this.#failing.has(name)) return
    this.#failing.add(name)
    log.warn(`Upkeep "${name}" failed, and is tried again when it is due: ${error.message}`)
  }
}

async function failureOf(job: Job, signal: AbortSignal): Promise<Error | undefined> {
  const deadline = AbortSignal.timeout(job.deadlineMs)
  const either = AbortSignal.any([signal, deadline])
  const ended = new AbortController()
  try {
    await Promise.race([job.run(either), left(either, ended.signal)])
    return undefined
  } catch (error) {
    if (deadline.aborted) return new Error(`it was not done within ${job.deadlineMs / 1000} s`)
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    ended.abort()
  }
}

/** Rejects some time after `signal` has aborted; never when `ended` has before. */
async function left(signal: AbortSignal, ended: AbortSignal): Promise<never> {
  await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true, signal: ended }))
  await delay(graceMs, undefined, { signal: ended, ref: false })
  throw new Error('it did not end when it was told to')
}
