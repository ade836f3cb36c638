// The project's Caddyfile in a real Caddy, on loopback ports, with an authority of its own.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import type { Cleanup } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

const caddyfile = fileURLToPath(new URL('../../infra/Caddyfile', import.meta.url))
const run = promisify(execFile)

export interface Caddy {
  /** wss and https are answered here, as `localhost`. */
  port: number
  /** File of the authority's certificate. */
  ca: string
  /** As `systemctl reload caddy` does. */
  reload(): Promise<void>
  /** The status code of a GET; undefined when there was no answer. */
  get(path: string): Promise<number | undefined>
}

/** Starts it in front of hubs that speak plain HTTP on these ports of 127.0.0.1; it ends with the test. */
export async function startCaddy(test: Cleanup, hubPorts: readonly number[]): Promise<Caddy> {
  const dir = await mkdtemp(join(tmpdir(), 'mcfed-caddy-'))
  const [port, httpPort, adminPort] = [await freePort(), await freePort(), await freePort()]
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    XDG_DATA_HOME: dir,
    XDG_CONFIG_HOME: dir,
    HUB_ADDRESS: 'localhost',
    HUB_TLS: 'internal',
    HUBS: hubPorts.map(hub => `127.0.0.1:${hub}`).join(' '),
    CADDY_ADMIN: `localhost:${adminPort}`,
    HTTP_PORT: `${httpPort}`,
    HTTPS_PORT: `${port}`,
  }
  const words = ['--adapter', 'caddyfile', '--config', caddyfile]
  const child = spawn('caddy', ['run', ...words], { env, stdio: 'ignore' })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  test.after(async () => {
    process.off('exit', killWithUs)
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
    await rm(dir, { recursive: true, force: true })
  })
  const get = (path: string) => statusOf(port, path)
  await waitFor(async () => (await get('/readyz')) === 200, {
    what: 'a hub that is ready behind Caddy',
    deadlineMs: 20_000,
  })
  return {
    port,
    ca: join(dir, 'caddy/pki/authorities/local/root.crt'),
    get,
    reload: async () => {
      // Unchanged it would be passed over; a reload for a new domain or certificate is none of these.
      await run('caddy', ['reload', '--force', ...words, '--address', env.CADDY_ADMIN], { env, timeout: 20_000 })
    },
  }
}

async function statusOf(port: number, path: string): Promise<number | undefined> {
  const asked = request({ port, path, host: 'localhost', rejectUnauthorized: false, timeout: 5000 })
  try {
    const answer = once(asked, 'response')
    asked.end()
    const [response] = await answer
    response.resume()
    return response.statusCode
  } catch {
    return undefined
  }
}
