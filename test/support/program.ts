// One program of ours as a child process: its log lines, its life and its death. Only ever signals its own child.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { waitFor } from './wait-for.ts'

const projectDir = fileURLToPath(new URL('../../', import.meta.url))
const linesMax = 20_000
/** They go when we go. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
const stopDeadlineMs = 30_000

/** What programs of ours see of the environment of the tests: where programs are, and where compiled sources are kept. */
export function usualEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }
}

export interface ProgramOptions {
  /** Shown in failures. */
  name: string
  /** From the project's root, as `hub/main.ts`. */
  script: string
  args: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Words in front of the command, of a program that becomes it: where it is to run. */
  prefix?: readonly string[]
}

export class Program implements AsyncDisposable {
  readonly name: string
  readonly #options: ProgramOptions
  #child: ChildProcess | undefined
  /** From the start until it has ended and all its lines are here. */
  #running = false
  #lines: string[] = []
  #dropped = 0

  constructor(options: ProgramOptions) {
    this.name = options.name
    this.#options = options
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error(`${this.name} does not run`)
    return pid
  }

  get running(): boolean {
    return this.#running
  }

  /** The exit code of the last run; null while it runs and after a signal. */
  get exitCode(): number | null {
    return this.#child?.exitCode ?? null
  }

  /** The newest 20,000 lines of both outputs, of all runs. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** Lines so far: give it to `waitForLine` as `after` to wait for a line that is yet to come. */
  get lineCount(): number {
    return this.#dropped + this.#lines.length
  }

  start(): void {
    if (this.running) throw new Error(`${this.name} runs already`)
    const { script, args, env = {}, prefix = [] } = this.#options
    const [command = '', ...words] = [...prefix, process.execPath, script, ...args]
    const child = spawn(command, words, {
      cwd: projectDir,
      env: { ...usualEnv(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#running = true
    child.once('error', error => this.#keep(`(cannot be started: ${error.message})`))
    child.once('close', () => {
      this.#running = false
    })
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream, crlfDelay: Infinity }).on('line', line => this.#keep(line))
    children.add(child)
    child.once('exit', () => children.delete(child))
  }

  /**
   * The first line that matches, from line number `after` on (default: from the first run's start).
   * Fails at the deadline (default 30 s), or at once when the program has ended without it.
   */
  waitForLine(pattern: RegExp, deadlineMs = 30_000, after = 0): Promise<string> {
    const find = () => this.#lines.slice(Math.max(0, after - this.#dropped)).find(line => pattern.test(line))
    return this.waitUntil(find, { what: `a line like ${pattern}`, deadlineMs })
  }

  /** `waitFor`, with the newest lines of the program in the failure, and no longer than it lives. */
  async waitUntil<T>(
    probe: () => T | Promise<T>,
    { what, deadlineMs }: { what: string; deadlineMs: number },
  ): Promise<NonNullable<T>> {
    const look = async () => {
      const running = this.running
      try {
        const value = await probe()
        if (value || running) return { value }
      } catch (error) {
        if (running) throw error
      }
      return { ended: true }
    }
    const seen = await waitFor(look, {
      what,
      deadlineMs,
      until: ({ value, ended }) => Boolean(value) || ended === true,
    })
      // The failure is of no use without what the program said.
      .catch((error: Error) => Promise.reject(new Error(`${this.name}: ${error.message}\n${this.#newest()}`)))
    if (seen.value) return seen.value
    throw new Error(`${this.name} ended (${this.#how()}) instead of ${what}\n${this.#newest()}`)
  }

  /** Sends a signal, by default the one a power failure is like, and resolves when the program has ended of it. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.running) return
    const ended = once(child, 'close', { signal: AbortSignal.timeout(stopDeadlineMs) })
    child.kill(signal)
    // A frozen process sees a signal only when it goes on.
    child.kill('SIGCONT')
    await ended
  }

  /** SIGTERM; SIGKILL and a failure when it has not ended after 30 s. Resolves to the exit code. */
  async stop(): Promise<number | null> {
    try {
      await this.kill('SIGTERM')
    } catch (error) {
      await this.kill('SIGKILL')
      throw new Error(`${this.name} did not end on SIGTERM\n${this.#newest()}`, { cause: error })
    }
    return this.exitCode
  }

  /** SIGSTOP: it keeps its connections and does nothing. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL')
  }

  #keep(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length <= linesMax) return
    const extra = this.#lines.length - linesMax / 2
    this.#lines = this.#lines.slice(extra)
    this.#dropped += extra
  }

  #how(): string {
    return this.#child?.signalCode ?? `exit code ${this.exitCode}`
  }

  #newest(): string {
    return this.#lines.slice(-20).join('\n')
  }
}

export interface RunResult {
  code: number
  out: string
  err: string
}

/** Runs a program of ours to its end, at most a minute: for the commands that do not stay. `prefix` as of a `Program`. */
export function runToEnd(script: string, args: readonly string[], prefix: readonly string[] = []): Promise<RunResult> {
  const options = { cwd: projectDir, env: usualEnv(), timeout: 60_000, encoding: 'utf8' } as const
  return new Promise((resolve, reject) => {
    const [command = '', ...words] = [...prefix, process.execPath, script, ...args]
    const child = execFile(command, words, options, (_, out, err) => {
      if (child.exitCode === null) reject(new Error(`${script} ${args.join(' ')} did not end by itself\n${out}${err}`))
      else resolve({ code: child.exitCode, out, err })
    })
  })
}
