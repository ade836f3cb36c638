// A machine to install on: this one's system with /etc, /opt, /usr/local, /var/lib and /var/cache as copies, a loopback network
// of its own, and no systemd. Needs root.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, realpathSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { killWithUs } from './kill-with-us.ts'

const projectDir = fileURLToPath(new URL('../../', import.meta.url))
const namespaces = ['-mnp', '--fork', '--kill-child', '--mount-proc']
const startDeadlineMs = 20_000
const commandDeadlineMs = 60_000
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' }

export interface Machine extends AsyncDisposable {
  /** Runs a shell command there as root, at most a minute. */
  run(command: string): Promise<{ code: number; out: string; err: string }>
  /** As run. @throws Error when it does not end with 0 */
  sh(command: string): Promise<string>
}

/** The project's sources lie in /srv/checkout there. */
export async function startMachine(): Promise<Machine> {
  const words = ['bash', `${projectDir}test/support/machine.sh`, projectDir, realpathSync(`${projectDir}node_modules`)]
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = spawn('unshare', [...namespaces, ...words, process.execPath], { env, stdio: [...stdio] })
  killWithUs(child)
  const [line] = await once(createInterface({ input: child.stdout }), 'line', {
    signal: AbortSignal.timeout(startDeadlineMs),
  })
  if (line !== 'ready') throw new Error(`the machine says "${line}"`)
  const first = firstProcessOf(child.pid ?? 0)
  const run: Machine['run'] = command =>
    new Promise((resolve, reject) => {
      const options = { env, timeout: commandDeadlineMs, encoding: 'utf8' } as const
      const inside = execFile(
        'nsenter',
        ['-t', first, '-m', '-n', '-p', 'sh', '-c', command],
        options,
        (_, out, err) => {
          if (inside.exitCode === null) reject(new Error(`"${command}" did not end by itself\n${out}${err}`))
          else resolve({ code: inside.exitCode, out, err })
        },
      )
      inside.stdin?.end()
    })
  return {
    run,
    sh: async command => {
      const { code, out, err } = await run(command)
      if (code !== 0) throw new Error(`"${command}" ended with ${code}\n${out}${err}`)
      return out.trim()
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      if (child.exitCode === null && child.kill('SIGKILL')) await ended
    },
  }
}

/** The child of unshare, by its number out here. */
function firstProcessOf(pid: number): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
}
