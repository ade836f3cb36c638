// Upkeep over all instances of a hub with BullMQ: each job is due when its scheduler in Redis says so, one instance runs it, and
// another begins it anew when that one dies. Nothing of it is on a post's way.
import { type Job as BullJob, DelayedError, Queue, WaitingError, Worker } from 'bullmq'
import type { Log } from '#common/log.ts'
import { SaidLately } from '#common/said-lately.ts'
import type { Job, Upkeep } from '../upkeep/job.ts'
import type { JobRunner } from '../upkeep/job-run.ts'
import { JobLock } from './job-lock.ts'
import { isFullFault, redisFault } from './redis.ts'
import type { RedisClient } from './redis-connections.ts'

const queueName = 'mcfed-upkeep'
/** Braces: all its keys live on one node of a cluster. */
const prefix = '{bull}'
const maintainMs = 300_000
/** A job that another instance holds is tried again after so long. */
const againMs = 1_000
/** Wakes of one job within this time are one. */
const gatherMs = 200
/** After an error of the queue: BullMQ itself would try again at once, and again. */
const restMs = 2_000
const closeMs = 2_000
/** Room is made this often while Redis is full. */
const makeRoomMs = 60_000
const keptRuns = { count: 10 }
const errorsKept = 20

export interface JobsOptions {
  jobs: readonly Job[]
  runner: JobRunner
  /** For BullMQ: it waits for Redis, and its commands do, too. A second one like it is opened for blocking reads. */
  queueConnection: RedisClient
  /** Its commands fail within their deadline. It stays the caller's. */
  redis: RedisClient
  log: Log
  /** Calls back whenever Redis may have forgotten what was in it, until the returned function is called. */
  onRenewed: (listener: () => void) => () => void
  /** An instance that dies holds its jobs for so long, and for about as long again until that is noticed. Default 10 s. */
  lockMs?: number
}

export function startJobs(options: JobsOptions): Upkeep {
  return new Jobs(options)
}

class Jobs implements Upkeep {
  readonly #o: JobsOptions
  readonly #lockMs: number
  readonly #jobsByName: ReadonlyMap<string, Job>
  readonly #connections: readonly RedisClient[]
  readonly #queue: Queue
  readonly #worker: Worker
  readonly #closing = new AbortController()
  readonly #said = new SaidLately(errorsKept)
  readonly #runs = new Set<Promise<void>>()
  readonly #waking = new Map<string, NodeJS.Timeout>()
  readonly #timer: NodeJS.Timeout
  readonly #stopListening: () => void
  #resting: NodeJS.Timeout | undefined
  #madeRoomAt = Number.NEGATIVE_INFINITY
  #maintaining: Promise<void> | undefined

  constructor(options: JobsOptions) {
    const { jobs, queueConnection: connection, lockMs = 10_000, onRenewed } = options
    this.#o = options
    this.#lockMs = lockMs
    this.#jobsByName = new Map(jobs.map(job => [job.name, job]))
    this.#connections = withCopies(connection)
    const shared = { connection, prefix, skipVersionCheck: true }
    this.#queue = new Queue(queueName, { ...shared, streams: { events: { maxLen: 100 } } })
    this.#worker = new Worker(queueName, (job, token) => this.#process(job, token), {
      ...shared,
      concurrency: Math.max(1, jobs.length),
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: 10,
      removeOnComplete: keptRuns,
      removeOnFail: keptRuns,
    })
    this.#queue.on('error', error => this.#rest(error))
    this.#worker.on('error', error => this.#rest(error))
    this.#timer = setInterval(() => this.#maintain(), maintainMs).unref()
    this.#stopListening = onRenewed(() => this.#maintain())
    this.#maintain()
  }

  wake(name: string): void {
    if (this.#closing.signal.aborted || this.#waking.has(name) || !this.#jobsByName.has(name)) return
    const timer = setTimeout(() => {
      this.#waking.delete(name)
      // While it waits, others add nothing; while it runs, the last one is kept for after it.
      const deduplication = { id: name, keepLastIfActive: true }
      this.#queue.add(name, {}, { deduplication }).catch(error => this.#rest(error))
    }, gatherMs)
    this.#waking.set(name, timer.unref())
  }

  async close(): Promise<void> {
    const { queueConnection } = this.#o
    this.#closing.abort()
    this.#stopListening()
    clearInterval(this.#timer)
    clearTimeout(this.#resting)
    for (const timer of this.#waking.values()) clearTimeout(timer)
    const isAway = queueConnection.status !== 'ready'
    if (!isAway) await inTime(Promise.all(this.#runs))
    await inTime(Promise.all([this.#worker.close(isAway), this.#queue.close()]))
    for (const connection of this.#connections) connection.disconnect()
  }

  async #process(bullJob: BullJob, token: string | undefined): Promise<void> {
    const job = this.#jobsByName.get(bullJob.name)
    // Of an instance of another version: its scheduler will come to it again.
    if (job === undefined) return
    const run = this.#runAlone(job, bullJob, token)
    const settled = run.then(
      () => {},
      () => {},
    )
    this.#runs.add(settled)
    await run.finally(() => this.#runs.delete(settled))
  }

  /** The queue alone does not see to it: a scheduler makes the next job while the last one still runs. */
  async #runAlone(job: Job, bullJob: BullJob, token: string | undefined): Promise<void> {
    const { redis, runner, log } = this.#o
    const lock = await JobLock.take({ redis, name: job.name, lockMs: this.#lockMs })
    const isBegunAnew = bullJob.stalledCounter > 0
    if (lock === undefined) {
      // Due, and still running: the scheduler will say so again. Of anything else the run would be lost.
      if (bullJob.repeatJobKey !== undefined && !isBegunAnew) return
      await bullJob.moveToDelayed(Date.now() + againMs, token)
      throw new DelayedError()
    }
    try {
      if (isBegunAnew)
        log.info(`Upkeep "${job.name}" was left in the middle by an instance that died; it begins anew here`)
      const signal = AbortSignal.any([this.#closing.signal, lock.lost])
      if (await runner.run(job, signal)) return
    } finally {
      await lock.release()
    }
    await bullJob.moveToWait(token)
    throw new WaitingError()
  }

  /** One at a time; what it could not do is due again when Redis is back, or with the next round. */
  #maintain(prepare = async () => {}): void {
    if (this.#closing.signal.aborted) return
    this.#maintaining ??= prepare()
      .then(() => this.#keepSchedulers())
      .catch(error => this.#rest(error))
      .finally(() => {
        this.#maintaining = undefined
      })
  }

  /** All that is worth keeping of jobs is elsewhere. */
  async #beginAnew(): Promise<void> {
    this.#o.log.warn('The queue of upkeep holds what is no job: it is emptied, and begins anew')
    await this.#queue.obliterate({ force: true })
  }

  async #keepSchedulers(): Promise<void> {
    for (const { name, everyMs } of this.#jobsByName.values())
      await this.#queue.upsertJobScheduler(name, { every: everyMs }, { name, data: {} })
    const schedulers = await this.#queue.getJobSchedulers()
    for (const { key } of schedulers) if (!this.#jobsByName.has(key)) await this.#queue.removeJobScheduler(key)
    // By a tool of somebody, or by whoever died while he emptied it: nobody else would ever go on.
    if (await this.#queue.isPaused()) await this.#queue.resume()
  }

  #rest(error: Error): void {
    if (this.#closing.signal.aborted || this.#resting !== undefined) return
    const fault = redisFault(error)
    const { log } = this.#o
    // When Redis is away its store says so: here only what it refuses is news.
    if (error.name === 'ReplyError' && this.#said.isNews(fault)) log.warn(`Upkeep waits for Redis: ${fault}`)
    else log.debug(`upkeep waits for Redis: ${fault}`)
    // BullMQ could not read a job; it would come to it again and again.
    if (error instanceof SyntaxError) this.#maintain(() => this.#beginAnew())
    void this.#worker.pause(true)
    if (isFullFault(error)) this.#makeRoom()
    this.#resting = setTimeout(() => {
      this.#resting = undefined
      if (!this.#closing.signal.aborted) void this.#worker.resume()
    }, restMs).unref()
  }

  /** A queue that cannot be written to says of no job that it is due. */
  #makeRoom(): void {
    if (performance.now() - this.#madeRoomAt < makeRoomMs) return
    this.#madeRoomAt = performance.now()
    for (const job of this.#jobsByName.values()) {
      if (!job.makesRoom) continue
      const run = this.#runUnasked(job)
        .catch(error => this.#o.log.debug(`upkeep "${job.name}" waits for Redis: ${redisFault(error)}`))
        .finally(() => this.#runs.delete(run))
      this.#runs.add(run)
    }
  }

  async #runUnasked(job: Job): Promise<void> {
    const { redis, runner } = this.#o
    const lock = await JobLock.take({ redis, name: job.name, lockMs: this.#lockMs })
    if (lock === undefined) return
    try {
      await runner.run(job, AbortSignal.any([this.#closing.signal, lock.lost]))
    } finally {
      await lock.release()
    }
  }
}

/** The connection, and the copies that BullMQ will make of it: it may leave them behind when Redis is away. */
function withCopies(connection: RedisClient): readonly RedisClient[] {
  const all: RedisClient[] = []
  const note = (one: RedisClient) => {
    all.push(one)
    // BullMQ listens, too, but no longer when it is closed.
    one.on('error', () => {})
    return one
  }
  const duplicate: (...args: never[]) => RedisClient = connection.duplicate.bind(connection)
  Object.assign(connection, { duplicate: (...args: never[]) => note(withoutDeadline(duplicate(...args))) })
  note(connection)
  return all
}

/** For reads that wait for a job: BullMQ watches over them itself. */
function withoutDeadline(copy: RedisClient): RedisClient {
  const options = 'redisOptions' in copy.options ? copy.options.redisOptions : copy.options
  Object.assign(options ?? {}, { commandTimeout: undefined, socketTimeout: undefined })
  return copy
}

async function inTime(work: Promise<unknown>): Promise<void> {
  const late = new Promise(resolve => setTimeout(resolve, closeMs).unref())
  await Promise.race([work.catch(() => {}), late])
}
