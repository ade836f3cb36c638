// The right to run a job, in Redis: held by one instance at a time, and kept as long as that instance lives.
import { randomBytes } from 'node:crypto'
import { answered, readScript, runScript } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'
import { jobKey } from './redis-keys.ts'

const lockScript = readScript('./job-lock.lua')

export interface JobLockParts {
  redis: RedisClient
  /** Of the job. */
  name: string
  /** An instance that dies without a word holds it for so long. */
  lockMs: number
}

export class JobLock {
  readonly #parts: JobLockParts
  readonly #holder = randomBytes(12).toString('hex')
  readonly #lost = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #heldUntil = 0

  private constructor(parts: JobLockParts) {
    this.#parts = parts
  }

  /** Undefined when another holds it. @throws StoreUnavailableError */
  static async take(parts: JobLockParts): Promise<JobLock | undefined> {
    const lock = new JobLock(parts)
    if (!(await lock.#hold(parts.lockMs))) return undefined
    lock.#timer = setInterval(() => void lock.#renew(), parts.lockMs / 4)
    return lock
  }

  /** Aborts when it is no longer known to be held: another may have the job. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Never throws: it runs out by itself. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#hold(0).catch(() => {})
  }

  async #renew(): Promise<void> {
    const isHeld = await this.#hold(this.#parts.lockMs).catch(() => performance.now() < this.#heldUntil)
    if (!isHeld) this.#lost.abort()
  }

  async #hold(ms: number): Promise<boolean> {
    const { redis, name } = this.#parts
    const askedAt = performance.now()
    const call = { keys: [jobKey(name)], args: [this.#holder, ms] }
    const isHeld = (await answered(runScript(redis, lockScript, call))) === 1
    if (isHeld) this.#heldUntil = askedAt + ms
    return isHeld
  }
}
