// What the command lines of both programs have in common: words, exit codes, signals.
import { type ParseArgsConfig, parseArgs } from 'node:util'
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

/** The words cannot be understood; the message says why, and how they go. Ends the program with code 64. */
export class UsageError extends Error {
  constructor(fault: string, usage?: string) {
    super(usage === undefined ? fault : `${fault}\n${usage}`)
  }
}

/**
 * Takes `--config FILE` (or `--config=FILE`), `--help` and `--version` out of the words, wherever they stand before a `--`.
 * @throws UsageError
 */
export function readCommandLine(argv: readonly string[], defaultConfPath: string): CommandLine {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const { confPath = defaultConfPath, others } = takeConfPath(argv.slice(0, end))
  const [command = 'run', ...words] = others.filter(word => !['--help', '-h', '--version'].includes(word))
  if (command.startsWith('-')) throw new UsageError(`unknown option "${command}"; a command comes first, see --help`)
  const has = (...names: string[]) => names.some(name => others.includes(name))
  const rest = argv.slice(end)
  return { command, words: [...words, ...rest], confPath, help: has('--help', '-h'), version: has('--version') }
}

/** As parseArgs of node:util, of the words behind a command. @throws UsageError */
export function parseWords<T extends ParseArgsConfig>(words: readonly string[], config: T, usage?: string) {
  try {
    return parseArgs({ ...config, args: [...words] })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), usage)
  }
}

/** For commands that take none: a word that is not understood must not be passed over. @throws UsageError */
export function refuseWords(command: string, words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`"${command}" takes no "${words[0]}"; see --help`)
}

function takeConfPath(words: readonly string[]): { confPath: string | undefined; others: string[] } {
  const split = words.flatMap(word => (word.startsWith('--config=') ? ['--config', word.slice(9)] : [word]))
  const at = split.indexOf('--config')
  if (at === -1) return { confPath: undefined, others: split }
  const confPath = split[at + 1]
  const others = split.toSpliced(at, 2)
  if (confPath === undefined || confPath === '') throw new UsageError('--config needs a file')
  if (others.includes('--config')) throw new UsageError('--config is given twice')
  return { confPath, others }
}

/** The exit code for what a command threw, after telling the person at the terminal. */
export function failureCode(error: unknown, tell: (text: string) => void): number {
  if (error instanceof ConfigError) {
    tell(`${error.message}\n`)
    return exitCodes.config
  }
  tell(`${portTrouble(error) ?? (error instanceof Error ? error.message : String(error))}\n`)
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
}

/** What to do about a port that cannot be listened on; undefined when that is not what is wrong. */
function portTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'listen') return undefined
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const where = `cannot listen on ${address}:${port}`
  if (code === 'EADDRINUSE') return `${where}: another program does; end it, or set another port in the config`
  if (code === 'EACCES') return `${where}: not permitted; set a port above 1023 in the config`
  if (code === 'EADDRNOTAVAIL') return `${where}: this machine has no such address; set another host in the config`
  return undefined
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
