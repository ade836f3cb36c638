// The hub and the three cities of the demo as real processes, with the hub's life and the cable of one city in our hands.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CertificatePair } from '#common/certificate.ts'
import type { PeerStatus } from '#common/status.ts'
import { Island } from '../island/island.ts'
import { Api } from './api.ts'
import { Cable } from './cable.ts'
import type { Cleanup } from './cleanup.ts'
import { type CityConfOptions, type CityPorts, cityConf, demoAuthority, hubConf, writeProgramFolder } from './conf.ts'
import { Program, projectDir } from './program.ts'
import { until } from './until.ts'

const run = promisify(execFile)
const cityNames = ['Denver', 'Boulder', 'Pueblo'] as const
const places = {
  Denver: { latitude: 39.74, longitude: -104.99 },
  Boulder: { latitude: 40.02, longitude: -105.27 },
  Pueblo: { latitude: 38.25, longitude: -104.61 },
}
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
  /** Between Pueblo and everybody else. */
  readonly cable = new Cable()
  readonly #o: FederationOptions
  readonly #ca: CertificatePair = demoAuthority()
  readonly #secret = randomBytes(32).toString('hex')
  #redis: Program | undefined

  constructor(options: FederationOptions) {
    this.#o = options
  }

  /** PEM file of the authority of all certificates. */
  get caFile(): string {
    return join(this.#o.cleanup.folder, 'hub', 'ca.crt')
  }

  /** Resolves when everything runs and every city is linked. */
  async start(): Promise<void> {
    const redisUrl = this.#o.redis ? await this.#startRedis() : undefined
    for (const name of this.#o.redis ? ['hub 1', 'hub 2'] : ['hub']) await this.#startHub(name, redisUrl)
    await Promise.all(this.hubs.map(hub => this.#answers(hub)))
    const hubPorts = this.hubs.map(({ url }) => Number(new URL(url).port))
    await this.#startCities(hubPorts)
    await Promise.all(this.cities.map(city => this.linked(city, true)))
    await Promise.all(this.cities.map(city => this.#ringed(city)))
  }

  /** Resolves when this city has a link to the hub, or has lost it. */
  async linked(city: City, wanted: boolean): Promise<void> {
    const isAsWanted = async () => ((await hubLinkOf(city)) !== undefined) === wanted
    const what = `${city.name} ${wanted ? 'to be linked' : 'to notice that its link is gone'}`
    await until(isAsWanted, { what, signal: this.#o.signal, deadlineMs: startDeadlineMs })
  }

  /** Kills every instance of the hub at once. Resolves when they are gone. */
  async killHub(): Promise<void> {
    await Promise.all(this.hubs.map(({ program }) => program.kill()))
  }

  /** Starts it again on its old files. Resolves when every instance answers. */
  async restartHub(): Promise<void> {
    for (const { program } of this.hubs) program.restart()
    await Promise.all(this.hubs.map(hub => this.#answers(hub)))
  }

  /** The API of the hub as a viewer may use it. */
  async viewHub(): Promise<Api> {
    return new Api({ url: this.#hub.url, ca: this.#ca.cert, token: await this.token('viewer') })
  }

  /** A token of the hub, made as an operator makes it. */
  async token(role: 'viewer' | 'admin'): Promise<string> {
    const args = [
      'hub/main.ts',
      'token',
      'create',
      '--role',
      role,
      '--name',
      `demo ${role}`,
      '--config',
      this.#hub.conf,
    ]
    const { stdout } = await run(process.execPath, args, { cwd: projectDir, timeout: startDeadlineMs })
    return stdout.trim()
  }

  /** Resolves when no program runs any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.cities, ...this.hubs].map(({ program }) => program.stop()))
    await Promise.all(this.cities.map(({ island }) => island.stop()))
    this.cable.stop()
    await this.#redis?.stop()
  }

  get #hub(): Server {
    const [hub] = this.hubs
    if (hub === undefined) throw new Error('there is no hub')
    return hub
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

  async #startCities(hubPorts: readonly number[]): Promise<void> {
    const [hubPort = 0] = hubPorts
    const waysOf = { Denver: hubPorts, Boulder: hubPorts.toReversed(), Pueblo: [await this.cable.lead(hubPort)] }
    const plans: { name: keyof typeof waysOf; ports: CityPorts }[] = []
    for (const [index, name] of cityNames.entries()) plans.push({ name, ports: await cityPorts(15_001 + 10 * index) })
    for (const [index, { name, ports }] of plans.entries()) {
      const next = plans.at(index + 1 - plans.length)
      if (next === undefined) continue
      const { federation } = next.ports
      const isByCable = name === 'Pueblo' || next.name === 'Pueblo'
      const peer = { name: next.name, port: isByCable ? await this.cable.lead(federation) : federation }
      await this.#startCity({ name, place: places[name], ports, hubPorts: waysOf[name], peer })
    }
  }

  async #startCity(city: Omit<CityConfOptions, 'secret' | 'radio'>): Promise<void> {
    const { name, ports } = city
    const folder = join(this.#o.cleanup.folder, name.toLowerCase())
    const island = await Island.start({ speed: airSpeed, seed: name })
    const { conf: radio } = await island.modem({ tcp: true })
    const conf = writeProgramFolder(folder, this.#ca, cityConf({ ...city, secret: this.#secret, radio }))
    const program = this.#program(name, ['edge/main.ts', 'run', '--config', conf])
    const url = `http://127.0.0.1:${ports.status}`
    this.cities.push({ name, url, conf, ports, island, program, api: new Api({ url, ca: this.#ca.cert }) })
  }

  /** Resolves when this city is linked with both others, too. */
  async #ringed({ name, api }: City): Promise<void> {
    const isRinged = async () => (await api.status()).peers.filter(({ state }) => state === 'standby').length === 2
    const what = `${name} to be linked with the other cities`
    await until(isRinged, { what, signal: this.#o.signal, deadlineMs: startDeadlineMs })
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

/** The link of a city to the hub; undefined while there is none. */
export async function hubLinkOf({ api }: City): Promise<PeerStatus | undefined> {
  return (await api.status()).peers.find(({ role, state }) => role === 'hub' && state === 'connected')
}

async function cityPorts(base: number): Promise<CityPorts> {
  return { federation: await freePort(base), status: await freePort(base + 1), lines: await freePort(base + 2) }
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
