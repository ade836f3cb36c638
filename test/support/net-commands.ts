// Runs ip and nft, makes and removes network namespaces, and clears away those of test runs that were killed.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'mcfed-test'
const deadlineMs = 20_000
let worlds = 0

/** Runs a program to its end and gives what it wrote. @throws Error with what it complained of */
export function runTool(program: 'ip' | 'nft', args: readonly string[], input = ''): string {
  try {
    return execFileSync(program, args, { input, encoding: 'utf8', timeout: deadlineMs, stdio: 'pipe' })
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || (error as Error).message
    throw new Error(`${program} ${args.join(' ')}: ${said}`, { cause: error })
  }
}

/** The words in front of a command that is to run in a namespace; they become the command, under the same process id. */
export function inside(namespace: string): string[] {
  return ['ip', 'netns', 'exec', namespace]
}

/** The begin of the names of a new world's namespaces: nobody else's, on this machine. */
export function newWorldPrefix(): string {
  worlds += 1
  return `${prefix}-${process.pid}-${worlds}`
}

/** Where a world keeps its files. */
export function dirOf(worldPrefix: string): string {
  return join(tmpdir(), worldPrefix)
}

/** @throws Error that says what is needed, where namespaces are not permitted */
export function addNamespaces(names: readonly string[]): void {
  const advice = 'the tests of direct peers make network namespaces: run them as root on Debian'
  if (process.getuid?.() !== 0) throw new Error(advice)
  try {
    runTool('ip', ['-batch', '-'], names.map(name => `netns add ${name}\n`).join(''))
  } catch (error) {
    throw new Error(`${advice}, in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN (${(error as Error).message})`)
  }
}

/** Ends what still runs in them, and removes them; what is not there is removed. */
export function removeNamespaces(names: readonly string[]): void {
  for (const name of names) {
    if (!existsSync(`/run/netns/${name}`)) continue
    for (const pid of runTool('ip', ['netns', 'pids', name]).split('\n').filter(Boolean)) end(Number(pid))
    runTool('ip', ['netns', 'delete', name])
  }
}

/** Removes the namespaces and files of processes that are no more. */
export function removeLeftovers(): void {
  const names = runTool('ip', ['netns', 'list'])
    .split('\n')
    .map(line => line.split(' ')[0] ?? '')
  for (const name of names.filter(isLeftover)) {
    try {
      removeNamespaces([name])
    } catch {
      // Another run clears it away at this moment.
    }
  }
  for (const name of readdirSync(tmpdir()).filter(isLeftover)) rmSync(dirOf(name), { recursive: true, force: true })
}

function isLeftover(name: string): boolean {
  const pid = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1]
  return pid !== undefined && !existsSync(`/proc/${pid}`)
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
