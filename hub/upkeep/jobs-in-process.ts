// Upkeep of a hub that is alone: the jobs by timers, each one run at a time.
import type { Job, Upkeep } from './job.ts'
import type { JobRunner } from './job-run.ts'

/** Every job runs at the start, and then so long after each run as it says. */
export function startJobsInProcess(jobs: readonly Job[], runner: JobRunner): Upkeep {
  const closing = new AbortController()
  const timersByName = new Map(jobs.map(job => [job.name, new JobTimer(job, runner, closing.signal)]))
  for (const timer of timersByName.values()) timer.wake()
  return {
    wake: name => timersByName.get(name)?.wake(),
    close: async () => {
      closing.abort()
      await Promise.all([...timersByName.values()].map(timer => timer.stop()))
    },
  }
}

class JobTimer {
  readonly #job: Job
  readonly #runner: JobRunner
  readonly #signal: AbortSignal
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isDue = false

  constructor(job: Job, runner: JobRunner, signal: AbortSignal) {
    this.#job = job
    this.#runner = runner
    this.#signal = signal
  }

  /** Said during a run, it runs once more after it. */
  wake(): void {
    if (this.#signal.aborted) return
    this.#isDue = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer)
    while (this.#isDue && !this.#signal.aborted) {
      // Others that were woken by the same thing say so before the run begins.
      await new Promise(resolve => setImmediate(resolve))
      this.#isDue = false
      await this.#runner.run(this.#job, this.#signal)
    }
    if (!this.#signal.aborted) this.#timer = setTimeout(() => this.wake(), this.#job.everyMs).unref()
  }
}
