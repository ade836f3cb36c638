// The hub and the three cities of the demo as real processes, with the cable of one city in our hands.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CertificatePair } from '#common/certificate.ts'
import { Island } from '../island/island.ts'
import { Api } from './api.ts'
import { Cable } from './cable.ts'
import type { Cleanup } from './cleanup.ts'
import { type CityPorts, cityConf, demoAuthority, hubConf, writeProgramFolder } from './conf.ts'
import { Program, projectDir } from './program.ts'
import { until } from './until.ts'

const run = promisify(execFile)
const cityNames = ['Denver', 'Boulder', 'Pueblo'] as const
const startDeadlineMs = 30_000
/** So much faster than a real one runs the air of the islands. */
export const airSpeed = 20

export interface Server {
  name: string
  /** Of its HTTP API. */
  url: string
  conf: string
  program: Program
  api: Api
}

export interface City extends Server {
  ports: CityPorts
  /** Its radio coverage. */
  island: Island
}

export interface FederationOptions {
  cleanup: Cleanup
  /** Two instances of the hub on a Redis, instead of a single one by itself. */
  redis: boolean
  signal: AbortSignal
  /** A program has ended that should not. */
  onDeath: (error: Error) => void
}

export class Federation {
  readonly hubs: Server[] = []
  readonly cities: City[] = []
  readonly #o: FederationOptions
  readonly #ca: CertificatePair = demoAuthority()
  readonly #secret = randomBytes(32).toString('hex')
  #redis: Program | undefined
  #cable: Cable | undefined

  constructor(options: FederationOptions) {
    this.#o = options
  }

  /** PEM file of the authority of all certificates. */
  get caFile(): string {
    return join(this.#o.cleanup.folder, 'hub', 'ca.crt')
  }

  /** Between Pueblo and the hub. */
  get cable(): Cable {
    if (this.#cable === undefined) throw new Error('the federation is not started')
    return this.#cable
  }

  /** Resolves when everything runs and every city is linked. */
  async start(): Promise<void> {
    const redisUrl = this.#o.redis ? await this.#startRedis() : undefined
    for (const name of this.#o.redis ? ['hub 1', 'hub 2'] : ['hub']) await this.#startHub(name, redisUrl)
    await Promise.all(this.hubs.map(hub => this.#answers(hub)))
    const hubPorts = this.hubs.map(({ url }) => Number(new URL(url).port))
    this.#cable = new Cable(hubPorts[0] ?? 0)
    const cablePort = await this.#cable.start()
    const waysOf = { Denver: hubPorts, Boulder: hubPorts.toReversed(), Pueblo: [cablePort] }
    for (const [index, name] of cityNames.entries()) await this.#startCity(name, index, waysOf[name])
    await Promise.all(this.cities.map(city => this.linked(city, true)))
  }

  /** Resolves when this city has a link to the hub, or has lost it. */
  async linked(city: City, wanted: boolean): Promise<void> {
    const isAsWanted = async () => (await city.api.status()).peers.some(isConnected) === wanted
    const what = `${city.name} ${wanted ? 'to be linked' : 'to notice that its link is gone'}`
    await until(isAsWanted, { what, signal: this.#o.signal, deadlineMs: startDeadlineMs })
  }

  /** The API of the hub as a viewer may use it, with a token made as an operator makes it. */
  async viewHub(): Promise<Api> {
    const [hub] = this.hubs
    if (hub === undefined) throw new Error('there is no hub')
    const args = ['hub/main.ts', 'token', 'create', '--role', 'viewer', '--name', 'demo', '--config', hub.conf]
    const { stdout } = await run(process.execPath, args, { cwd: projectDir, timeout: startDeadlineMs })
    return new Api({ url: hub.url, ca: this.#ca.cert, token: stdout.trim() })
  }

  /** Resolves when no program runs any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.cities, ...this.hubs].map(({ program }) => program.stop()))
    await Promise.all(this.cities.map(({ island }) => island.stop()))
    this.#cable?.stop()
    await this.#redis?.stop()
  }

  async #startRedis(): Promise<string> {
    const port = await freePort(16_379)
    const dir = join(this.#o.cleanup.folder, 'redis')
    mkdirSync(dir, { mode: 0o700 })
    const settings = `--bind 127.0.0.1 --port ${port} --appendonly yes --appendfsync always --maxmemory-policy noeviction`
    const args = [...settings.split(' '), '--save', '', '--dir', dir]
    const redis = this.#program('Redis', args, 'redis-server')
    this.#redis = redis
    const isReady = () => redis.linesSince(0).some(line => line.includes('Ready to accept connections'))
    await until(isReady, { what: 'Redis to be ready', signal: this.#o.signal })
    return `redis://127.0.0.1:${port}`
  }

  async #startHub(name: string, redisUrl: string | undefined): Promise<void> {
    const port = await freePort(18_443 + this.hubs.length)
    const folder = join(this.#o.cleanup.folder, this.hubs.length === 0 ? 'hub' : 'hub-2')
    const conf = writeProgramFolder(folder, this.#ca, hubConf({ name, port, secret: this.#secret, redisUrl }))
    const program = this.#program(name, ['hub/main.ts', 'run', '--config', conf])
    const url = `https://127.0.0.1:${port}`
    this.hubs.push({ name, url, conf, program, api: new Api({ url, ca: this.#ca.cert }) })
  }

  async #startCity(name: string, index: number, hubPorts: readonly number[]): Promise<void> {
    const base = 15_001 + 10 * index
    const ports = {
      federation: await freePort(base),
      status: await freePort(base + 1),
      lines: await freePort(base + 2),
    }
    const folder = join(this.#o.cleanup.folder, name.toLowerCase())
    const island = await Island.start({ speed: airSpeed, seed: name })
    const { conf: radio } = await island.modem({ tcp: true })
    const text = cityConf({ name, ports, secret: this.#secret, hubPorts, radio })
    const conf = writeProgramFolder(folder, this.#ca, text)
    const program = this.#program(name, ['edge/main.ts', 'run', '--config', conf])
    const url = `http://127.0.0.1:${ports.status}`
    this.cities.push({ name, url, conf, ports, island, program, api: new Api({ url, ca: this.#ca.cert }) })
  }

  #program(name: string, args: readonly string[], command?: string): Program {
    const { cleanup, onDeath } = this.#o
    return new Program({ name, args, cleanup, onDeath, ...(command !== undefined && { command }) })
  }

  async #answers({ name, api }: Server): Promise<void> {
    const what = `${name} to answer`
    await until(() => api.has('/livez'), { what, signal: this.#o.signal, deadlineMs: startDeadlineMs })
  }
}

function isConnected({ state }: { state: string }): boolean {
  return state === 'connected'
}

const portsGiven = new Set<number>()

/** This port of 127.0.0.1 or, when it is taken, one a hundred or more above. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 5000; port += 100) {
    if (portsGiven.has(port) || !(await isFree(port))) continue
    portsGiven.add(port)
    return port
  }
  throw new Error(`no free port from ${wanted} on`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
