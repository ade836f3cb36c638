// Resident memory of programs over time, across their restarts: is it flat?
import type { Program } from './program.ts'
import { usageOf } from './usage.ts'

const everyMs = 1000

export interface Growth {
  name: string
  /** Medians of the second and of the last fifth of all samples, in bytes. */
  early: number
  late: number
}

export class MemoryWatch implements AsyncDisposable {
  readonly #programs: readonly Program[]
  readonly #samples = new Map<Program, number[]>()
  readonly #timer: NodeJS.Timeout

  constructor(programs: readonly Program[]) {
    this.#programs = programs
    this.#timer = setInterval(() => this.#look(), everyMs)
  }

  growth(): Growth[] {
    return this.#programs.map(program => {
      const samples = this.#samples.get(program) ?? []
      const fifth = (n: number) => samples.slice((n * samples.length) / 5, ((n + 1) * samples.length) / 5)
      return { name: program.name, early: median(fifth(1)), late: median(fifth(4)) }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const program of this.#programs) {
      const samples = this.#samples.get(program) ?? []
      this.#samples.set(program, samples)
      try {
        samples.push(usageOf(program).rssBytes)
      } catch {
        // It does not run at the moment.
      }
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
