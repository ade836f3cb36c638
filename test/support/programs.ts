// Starts the real hub and the real edge, each with a config file and a directory of its own, for system tests and the demo.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Status } from '#common/status.ts'
import { ApiClient, type ApiPost, type PostOptions } from './api-client.ts'
import { makeCertificate, testAuthority } from './certificates.ts'
import { freePort } from './free-port.ts'
import type { NetNode } from './net-node.ts'
import { Program, type ProgramOptions, runToEnd } from './program.ts'
import { merged, type TomlTable, toToml } from './toml.ts'

/** The room the programs share unless told otherwise. */
export const testRoom = 'frontrange'
/** The federation secret of every program this process starts, unless its conf says otherwise. */
export const testSecret = randomBytes(32).toString('hex')
const loopback = '127.0.0.1'
/** Of every server that has a machine for itself. */
const usualPorts = { hub: 8443, federation: 5001, status: 5002, lines: 5003 } as const
const startDeadlineMs = 60_000

export interface StartOptions {
  name?: string
  /** Directory for the config and the data, made when it is not there; without it a temporary one that goes with the program. */
  dir?: string
  /** Changes to the usual config, or a whole config file: then `port` (or `ports`) must say what it says. */
  conf?: TomlTable | string
  env?: Readonly<Record<string, string>>
  /** The machine it runs on, with the usual ports there; default: this one, on loopback. */
  at?: NetNode
}

export interface HubOptions extends StartOptions {
  port?: number
  /** Without it the hub keeps its rooms in its own directory. */
  redisUrl?: string
  /** A balancer ends TLS in front of it. */
  behindProxy?: boolean
}

/** On 127.0.0.1. Of an edge on another machine `federation` is the port there, and the others are doors that lead there. */
export interface EdgePorts {
  federation: number
  status: number
  lines: number
}

export interface EdgeOptions extends StartOptions {
  ports?: EdgePorts
  /** The hub, or a relay to it; several are several ways to one hub. */
  hubs?: readonly Place[]
  /** Those without a port are not dialled. */
  peers?: readonly ({ name: string; id?: string } & Partial<Place>)[]
}

/** Where a server is dialled. */
export interface Place {
  /** Default 127.0.0.1. */
  host?: string
  port: number
}

interface ServerParts {
  program: ProgramOptions
  api: ApiClient
  dir: string
  removeDir: boolean
}

/** A hub or an edge: its process and its HTTP API. */
export class ServerProgram extends Program {
  readonly api: ApiClient
  readonly dir: string
  readonly #removeDir: boolean

  constructor({ program, api, dir, removeDir }: ServerParts) {
    super(program)
    this.api = api
    this.dir = dir
    this.#removeDir = removeDir
  }

  /** Starts it and resolves when its API answers. */
  async run(): Promise<void> {
    this.start()
    await this.waitUntil(() => this.api.isOk('/livez'), { what: 'its API to answer', deadlineMs: startDeadlineMs })
  }

  /** Ends it, by default as an operator would, and starts it again on the same directory and ports. */
  async restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (signal === 'SIGTERM') await this.stop()
    else await this.kill(signal)
    await this.run()
  }

  status(): Promise<Status> {
    return this.api.status()
  }

  /** Posts to a room, `testRoom` by default; resolves when the post is stored. */
  post(text: string, options: Partial<PostOptions> = {}): Promise<{ guid: string; offset: number }> {
    return this.api.post(text, { room: testRoom, ...options })
  }

  /** All posts of a room, the oldest first. */
  posts(room = testRoom): Promise<ApiPost[]> {
    return this.api.posts(room)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    if (this.#removeDir) await rm(this.dir, { recursive: true, force: true })
  }
}

export class HubProgram extends ServerProgram implements Place {
  readonly host: string
  readonly port: number
  constructor(parts: ServerParts, { host = loopback, port }: Place) {
    super(parts)
    this.host = host
    this.port = port
  }
}

export class EdgeProgram extends ServerProgram {
  readonly ports: EdgePorts
  constructor(parts: ServerParts, ports: EdgePorts) {
    super(parts)
    this.ports = ports
  }
}

/** Starts a hub over TLS, by default on a loopback port; ends with `await using`, or by its `Symbol.asyncDispose`. */
export async function startHub(options: HubOptions = {}): Promise<HubProgram> {
  const { name = 'hub', at, redisUrl, behindProxy = false, env = {} } = options
  const dir = await prepareDir(options, name)
  const { host, port } = at ? placeOfHub(at) : { host: loopback, port: options.port ?? (await freePort()) }
  const usual = {
    listen: `${at ? '0.0.0.0' : host}:${port}`,
    ...(behindProxy ? { behind_proxy: true } : { tls_cert: join(dir, 'server.crt'), tls_key: join(dir, 'server.key') }),
    redis_url: redisUrl,
    data_dir: join(dir, 'data'),
    federation_secret: testSecret,
  }
  const config = await writeConf(dir, usual, options.conf)
  const api = new ApiClient({
    baseUrl: `${behindProxy ? 'http' : 'https'}://${loopback}:${at ? await at.door(port) : port}`,
    ca: testAuthority().cert,
    token: () => createToken(dir, 'admin'),
  })
  const program = { name, script: 'hub/main.ts', args: ['run', '--config', config], env, prefix: at?.prefix ?? [] }
  return started(new HubProgram({ program, api, dir, removeDir: options.dir === undefined }, { host, port }))
}

/** Starts an edge, by default on loopback ports; ends with `await using`, or by its `Symbol.asyncDispose`. */
export async function startEdge(options: EdgeOptions = {}): Promise<EdgeProgram> {
  const { name = 'City A', at, hubs = [], peers = [], env = {} } = options
  const ports = options.ports ?? (at ? await doorsOf(at) : await freeEdgePorts())
  const dir = await prepareDir(options, name)
  const listening = at ? usualPorts : ports
  const usual = {
    // Tests write faster than people.
    room: { name, federate_as: testRoom, author_posts_per_minute: 0 },
    storage: { path: join(dir, 'data', 'room.db') },
    clients: { lines_host: loopback, lines_port: listening.lines },
    federation: {
      enabled: true,
      federation_host: at ? '0.0.0.0' : loopback,
      federation_port: listening.federation,
      tls_cert: join(dir, 'server.crt'),
      tls_key: join(dir, 'server.key'),
      federation_secret: testSecret,
      status_endpoint: true,
      status_host: loopback,
      status_port: listening.status,
      hubs: hubs.map(hub => ({ url: `wss://${addressOf(hub)}/federation`, ca: join(dir, 'ca.crt') })),
      peers: peers.map(({ name, id, host, port }) => ({
        name,
        id,
        addr: port && addressOf({ port, ...(host && { host }) }),
      })),
    },
  }
  const config = await writeConf(dir, usual, options.conf)
  const api = new ApiClient({ baseUrl: `http://${loopback}:${ports.status}` })
  const program = { name, script: 'edge/main.ts', args: ['run', '--config', config], env, prefix: at?.prefix ?? [] }
  return started(new EdgeProgram({ program, api, dir, removeDir: options.dir === undefined }, ports))
}

/** Where the hub on a machine is dialled. */
export function placeOfHub({ address }: NetNode): Required<Place> {
  return { host: address, port: usualPorts.hub }
}

/** Where the edge on a machine is dialled by its peers. */
export function placeOfEdge({ address }: NetNode): Required<Place> {
  return { host: address, port: usualPorts.federation }
}

/** Ports for an edge that others must know before it starts. */
export async function freeEdgePorts(): Promise<EdgePorts> {
  return { federation: await freePort(), status: await freePort(), lines: await freePort() }
}

async function doorsOf(at: NetNode): Promise<EdgePorts> {
  const { federation, status, lines } = usualPorts
  return { federation, status: await at.door(status), lines: await at.door(lines) }
}

function addressOf({ host = loopback, port }: Place): string {
  return `${host}:${port}`
}

async function started<T extends ServerProgram>(server: T): Promise<T> {
  try {
    await server.run()
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

/** A certificate that is there stays: peers have pinned its key. */
async function prepareDir({ dir: given, at }: StartOptions, name: string): Promise<string> {
  const slug = name.replace(/[^A-Za-z0-9]+/g, '-')
  const dir = given ?? (await mkdtemp(join(tmpdir(), `mcfed-${slug}-`)))
  await mkdir(join(dir, 'data'), { recursive: true, mode: 0o700 })
  if (existsSync(join(dir, 'server.key'))) return dir
  const ca = testAuthority()
  const names = ['localhost', loopback, '::1', ...(at ? [at.address] : [])]
  const { cert, key } = makeCertificate({ names, ca })
  await writeFile(join(dir, 'ca.crt'), ca.cert)
  await writeFile(join(dir, 'server.crt'), cert)
  await writeFile(join(dir, 'server.key'), key, { mode: 0o600 })
  return dir
}

async function writeConf(dir: string, usual: TomlTable, conf: TomlTable | string = {}): Promise<string> {
  const path = join(dir, 'program.conf')
  await writeFile(path, typeof conf === 'string' ? conf : toToml(merged(usual, conf)), { mode: 0o600 })
  return path
}

/** A token for the API of a hub, by the folder of one of its instances: by the operator's own way, the command line beside the running hub. */
export async function createToken(
  dir: string,
  role: 'viewer' | 'operator' | 'admin',
  name = `tests ${randomBytes(6).toString('hex')}`,
): Promise<string> {
  const args = ['token', 'create', '--role', role, '--name', name, '--config', join(dir, 'program.conf')]
  const { code, out, err } = await runToEnd('hub/main.ts', args)
  if (code !== 0) throw new Error(`no token: ${err}`)
  return out.trim()
}
