// One program of the demo as a child process: its log lines, and its end.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Cleanup } from './cleanup.ts'

/** Programs are named from here, as `hub/main.ts`. */
export const projectDir = fileURLToPath(new URL('../../', import.meta.url))
const linesKept = 1000
const linesShown = 15
const stopDeadlineMs = 5000
const killDeadlineMs = 10_000

export interface ProgramOptions {
  name: string
  /** Default: this Node. */
  command?: string
  args: readonly string[]
  cleanup: Cleanup
  /** Called when it ends without having been told to; the error carries its last lines. */
  onDeath: (error: Error) => void
}

export class Program {
  readonly name: string
  readonly #o: ProgramOptions
  readonly #lines: string[] = []
  #child: ChildProcess
  #dropped = 0
  #stopping = false
  #ended = false

  /** Runs from now on. */
  constructor(options: ProgramOptions) {
    this.name = options.name
    this.#o = options
    this.#child = this.#spawn()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Lines so far, for `linesSince`. */
  get lineCount(): number {
    return this.#dropped + this.#lines.length
  }

  /** What it logged after its first `count` lines, as far as it is kept: the newest 1,000 are. */
  linesSince(count: number): string[] {
    return this.#lines.slice(Math.max(0, count - this.#dropped))
  }

  /** Like a power cut: no goodbye. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#stopping = true
    if (this.#ended) return
    const closed = once(this.#child, 'close', { signal: AbortSignal.timeout(killDeadlineMs) })
    this.#child.kill('SIGKILL')
    await closed
  }

  /** Runs again after its end, with the same files. */
  restart(): void {
    if (!this.#ended) throw new Error(`${this.name} still runs`)
    this.#child = this.#spawn()
  }

  /** SIGTERM, and SIGKILL after 5 s. Resolves when it has ended; rejects when it has not after 10 s. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#ended) return
    const closed = once(this.#child, 'close', { signal: AbortSignal.timeout(killDeadlineMs) })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopDeadlineMs)
    this.#child.kill('SIGTERM')
    await closed.finally(() => clearTimeout(timer))
  }

  #spawn(): ChildProcess {
    const { name, command = process.execPath, args, cleanup, onDeath } = this.#o
    this.#stopping = false
    this.#ended = false
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const env = { PATH, NODE_COMPILE_CACHE }
    const child = spawn(command, args, { cwd: projectDir, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const { pid } = child
    if (pid !== undefined) cleanup.started(pid)
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', line => this.#keep(line))
    child.on('error', error => this.#keep(error.message))
    child.once('close', code => {
      this.#ended = true
      if (pid !== undefined) cleanup.ended(pid)
      const last = this.#lines.slice(-linesShown).join('\n')
      if (!this.#stopping) onDeath(new Error(`${name} ended by itself (exit code ${code})\n${last}`))
    })
    return child
  }

  #keep(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length <= linesKept) return
    this.#lines.shift()
    this.#dropped += 1
  }
}
