// What is known of the runs of each job, the same at every instance: kept in the notes, told in /status and /metrics.
import { z } from 'zod'
import { fromJson } from '#common/json.ts'
import type { JobStatus } from '#common/status.ts'
import { briefly } from '../store/brief-read.ts'
import type { Notes } from '../store/notes.ts'

const errorCharsMax = 500

const factsSchema = z.object({
  runs: z.int().min(0),
  failures: z.int().min(0),
  /** Unix ms; of the last run that went well, and of the last error. */
  successAt: z.int().nullable(),
  error: z.string().nullable(),
  errorAt: z.int().nullable(),
  /** Of the last run. */
  durationMs: z.number().min(0).nullable(),
})
type Facts = z.infer<typeof factsSchema>

const noFacts: Facts = { runs: 0, failures: 0, successAt: null, error: null, errorAt: null, durationMs: null }

export interface RunOutcome {
  /** Unix ms. */
  endedAt: number
  durationMs: number
  /** Absent: it went well. */
  error?: string
}

export class JobFacts {
  readonly #notes: Notes
  readonly #factsByName: Map<string, Facts>
  readonly #readAll = briefly(() =>
    Promise.all([...this.#factsByName.keys()].map(async name => this.#factsByName.set(name, await this.#read(name)))),
  )

  constructor(notes: Notes, names: readonly string[]) {
    this.#notes = notes
    this.#factsByName = new Map(names.map(name => [name, noFacts]))
  }

  /** One run of a job at a time, over all instances: nothing is lost between reading and writing. @throws StoreUnavailableError */
  async add(name: string, { endedAt, durationMs, error }: RunOutcome): Promise<void> {
    const before = await this.#read(name)
    const facts: Facts = {
      runs: before.runs + 1,
      failures: before.failures + (error === undefined ? 0 : 1),
      successAt: error === undefined ? endedAt : before.successAt,
      error: error === undefined ? before.error : error.slice(0, errorCharsMax),
      errorAt: error === undefined ? before.errorAt : endedAt,
      durationMs,
    }
    await this.#notes.set(keyOf(name), JSON.stringify(facts))
    this.#factsByName.set(name, facts)
  }

  /** By name; as last known when the store does not answer soon. */
  async status(): Promise<JobStatus[]> {
    await this.#readAll()
    return [...this.#factsByName].map(([name, facts]) => statusOf(name, facts))
  }

  async #read(name: string): Promise<Facts> {
    // Facts that cannot be read begin anew.
    return fromJson(factsSchema, await this.#notes.get(keyOf(name))) ?? noFacts
  }
}

function keyOf(name: string): string {
  return `job:${name}`
}

function statusOf(name: string, { runs, failures, successAt, error, errorAt, durationMs }: Facts): JobStatus {
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
  return { name, runs, failures, lastSuccess: iso(successAt), lastError: error, lastErrorAt: iso(errorAt), durationMs }
}
