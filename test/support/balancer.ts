// A real HAProxy in front of hub instances, with the config files of infra/: only addresses, ports and paths are others.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeCertificate, testAuthority } from './certificates.ts'
import { freePort } from './free-port.ts'
import type { Cleanup } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

/** `through`: TLS goes through to the instances; `ended`: it ends in the balancer, and they have behind_proxy = true. */
export type BalancerForm = 'through' | 'ended'

const files = { through: 'haproxy.cfg', ended: 'haproxy-tls.cfg' } as const
const stopDeadlineMs = 10_000

export class Balancer {
  readonly port: number
  /** Of the process, to measure it. */
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(port: number, child: ChildProcess, pid: number) {
    this.port = port
    this.pid = pid
    this.#child = child
  }

  /** Starts one in front of the instances and resolves when it takes connections; it ends with the test. */
  static async start(
    test: Cleanup,
    instances: readonly { port: number }[],
    form: BalancerForm = 'through',
  ): Promise<Balancer> {
    const dir = await mkdtemp(join(tmpdir(), 'mcfed-balancer-'))
    const port = await freePort()
    const { cert, key } = makeCertificate({ names: ['localhost', '127.0.0.1'], ca: testAuthority() })
    const pem = join(dir, 'hub.pem')
    const config = join(dir, 'haproxy.cfg')
    await writeFile(pem, `${cert}\n${key}`, { mode: 0o600 })
    await writeFile(config, await balancerConfig(form, { port, pem, ports: instances.map(({ port }) => port) }))
    const child = spawn('haproxy', ['-db', '-q', '-f', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin` },
    })
    const killWithUs = () => child.kill('SIGKILL')
    process.once('exit', killWithUs)
    child.once('exit', () => process.off('exit', killWithUs))
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))])
    const balancer = new Balancer(port, child, child.pid ?? 0)
    test.after(async () => {
      await balancer.#stop()
      await rm(dir, { recursive: true, force: true })
    })
    await waitFor(() => takesConnections(port), { what: 'the balancer to take connections' })
    return balancer
  }

  async #stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit', { signal: AbortSignal.timeout(stopDeadlineMs) })
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** The file of infra/ with the places of a test in it. @throws Error when it has no line that one of them belongs to */
async function balancerConfig(
  form: BalancerForm,
  { port, pem, ports }: { port: number; pem: string; ports: readonly number[] },
): Promise<string> {
  const file = fileURLToPath(new URL(`../../infra/${files[form]}`, import.meta.url))
  const text = await readFile(file, 'utf8')
  const servers = ports.map((port, i) => `    server hub${i + 1} 127.0.0.1:${port}\n`).join('')
  const changes: [pattern: RegExp, by: string][] = [
    [/bind :8443/g, `bind 127.0.0.1:${port}`],
    [/(?:^ +server \S+ \S+\n)+/gm, servers],
    ...(form === 'ended' ? ([[/\/etc\/haproxy\/hub\.pem/g, pem]] as [RegExp, string][]) : []),
  ]
  return changes.reduce((config, [pattern, by]) => {
    if (config.search(pattern) < 0) throw new Error(`${file} has nothing like ${pattern}`)
    return config.replace(pattern, by)
  }, text)
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
