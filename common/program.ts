// What the command lines of both programs have in common: words, exit codes, signals.
import { ConfigError } from './errors.ts'

/** Exit codes of sysexits.h that service managers and scripts know. */
export const exitCodes = { ok: 0, failed: 1, usage: 64, unavailable: 69, config: 78 } as const

export interface CommandLine {
  command: string
  /** Everything after the command, but the options all commands share. */
  words: string[]
  confPath: string
  help: boolean
  version: boolean
}

/** The words cannot be understood; the message says why. Ends the program with code 64. */
export class UsageError extends Error {}

/** Takes `--config FILE`, `--help` and `--version` out of the words, wherever they stand before a `--`. @throws UsageError */
export function readCommandLine(argv: readonly string[], defaultConfPath: string): CommandLine {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const options = argv.slice(0, end)
  const at = options.indexOf('--config')
  const confPath = at === -1 ? defaultConfPath : options[at + 1]
  if (confPath === undefined || confPath === '') throw new UsageError('--config needs a file')
  const others = at === -1 ? options : options.toSpliced(at, 2)
  const [command = 'run', ...words] = others.filter(word => !['--help', '-h', '--version'].includes(word))
  const has = (...names: string[]) => names.some(name => others.includes(name))
  const rest = argv.slice(end)
  return { command, words: [...words, ...rest], confPath, help: has('--help', '-h'), version: has('--version') }
}

/** The exit code for what a command threw, after telling the person at the terminal. */
export function failureCode(error: unknown, tell: (text: string) => void): number {
  if (error instanceof ConfigError) {
    tell(`${error.message}\n`)
    return exitCodes.config
  }
  tell(`${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
}

/** Aborts on the first SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  const onSignal = () => {
    if (stopping.signal.aborted) process.exit(exitCodes.failed)
    stopping.abort()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return stopping.signal
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
