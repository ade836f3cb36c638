// Processes pinned to a core: started, watched for an early end, measured from /proc, killed by pid.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { nothingUsed, type Usage } from './broker.ts'
import { within } from './deadline.ts'

/** Linux gives the times in /proc in hundredths of a second on every architecture. */
const tickMs = 10
const readyMs = 60_000
const endMs = 10_000

/** Runs `command` on one core, with as many open files as are allowed. Output goes to `logFile`; `env` is added to ours. */
export function startPinned(
  core: number,
  command: readonly string[],
  logFile: string,
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const log = openSync(logFile, 'a')
  const widen = 'ulimit -n "$(ulimit -Hn)"; exec "$@"'
  return spawn('taskset', ['-c', String(core), 'sh', '-c', widen, 'sh', ...command], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  })
}

/** Resolves when something listens on the port; rejects when the process ends first, or after a minute. */
export async function waitForPort(child: ChildProcess, port: number): Promise<void> {
  const endAt = Date.now() + readyMs
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${child.spawnargs.slice(6).join(' ')} ended with ${child.exitCode ?? child.signalCode}`)
    if (Date.now() > endAt) throw new Error(`nothing listens on port ${port} after ${readyMs} ms`)
    await delay(20)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** SIGKILL, and waits until the process is gone. */
export function killHard(child: ChildProcess | undefined): Promise<void> {
  return end(child, 'SIGKILL')
}

/** SIGTERM, as a service manager ends a program, and waits until the process is gone. */
export function endGently(child: ChildProcess | undefined): Promise<void> {
  return end(child, 'SIGTERM')
}

async function end(child: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await within(endMs, `end of a process by ${signal}`, gone)
}

/** What running processes have used, summed. */
export function usageOf(children: readonly (ChildProcess | undefined)[]): Usage {
  const usage = { ...nothingUsed }
  for (const child of children) {
    if (child?.pid === undefined) continue
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    usage.cpuMs += (Number(fields[11]) + Number(fields[12])) * tickMs
    const status = readFileSync(`/proc/${child.pid}/status`, 'latin1')
    usage.rssBytes += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
    const io = readFileSync(`/proc/${child.pid}/io`, 'latin1')
    usage.writtenBytes += Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0)
  }
  return usage
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
