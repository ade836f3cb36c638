// Makes sure that the demo leaves nothing behind: the folder it works in, and the janitor that knows what to clear away.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const janitorScript = fileURLToPath(new URL('janitor.ts', import.meta.url))
const finishDeadlineMs = 5000

export class Cleanup {
  /** Temporary, and gone when the demo is. */
  readonly folder = mkdtempSync(join(tmpdir(), 'meshcore-demo-'))
  readonly #janitor: ChildProcess

  constructor() {
    // Detached: a Ctrl-C in the terminal is not for the janitor.
    this.#janitor = spawn(process.execPath, [janitorScript], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    this.#janitor.on('error', () => {})
    this.#janitor.stdin?.on('error', () => {})
    this.#tell(`folder ${this.folder}`)
  }

  started(pid: number): void {
    this.#tell(`started ${pid}`)
  }

  ended(pid: number): void {
    this.#tell(`ended ${pid}`)
  }

  /** Resolves when the folder is gone, and the programs that still ran. At most 5 s. */
  async finish(): Promise<void> {
    if (this.#janitor.exitCode !== null || this.#janitor.signalCode !== null) return
    const gone = once(this.#janitor, 'exit', { signal: AbortSignal.timeout(finishDeadlineMs) })
    this.#janitor.stdin?.end()
    await gone
  }

  #tell(line: string): void {
    this.#janitor.stdin?.write(`${line}\n`)
  }
}
