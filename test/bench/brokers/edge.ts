// Our hub as in the other rows, and an edge that follows it or is by itself: another machine's program, so it has the hub's core only when the hub is idle.
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Access, Broker, BrokerOptions, Usage } from '../broker.ts'
import { endGently, freePort, killHard, startPinned, usageOf, waitForPort } from '../processes.ts'
import { roomNames } from '../stage.ts'
import { Hub, hubIsHere } from './hub.ts'

const mainFile = fileURLToPath(import.meta.resolve('#edge/main.ts'))

/** False in a tree that has no edge yet. */
export function edgeIsHere(): boolean {
  return hubIsHere() && existsSync(mainFile)
}

export class HubWithEdge implements Broker {
  readonly access: Access
  readonly #hub: Hub
  readonly #options: BrokerOptions
  readonly #statusPort: number
  #edge: ChildProcess | undefined

  private constructor(hub: Hub, options: BrokerOptions, ports: { status: number; federation: number }) {
    this.#hub = hub
    this.#options = options
    this.#statusPort = ports.status
    const database = join(options.dataDir, 'edge', 'room.db')
    this.access = { ...hub.access, edge: { port: ports.status, database } }
    const alone = edgeConfig(options, this.access, { ...ports, database })
    writeFileSync(this.#configFile('alone'), alone, { mode: 0o600 })
    writeFileSync(this.#configFile('linked'), alone + hubSection(options, hub.access), { mode: 0o600 })
  }

  static async create(options: BrokerOptions): Promise<HubWithEdge> {
    const ports = { status: await freePort(), federation: await freePort() }
    return new HubWithEdge(await Hub.create(options), options, ports)
  }

  start(): Promise<void> {
    return this.#hub.start()
  }

  async kill(): Promise<void> {
    await this.stopEdge()
    await this.#hub.kill()
  }

  /** The edge's work is not the broker's: only its hub's is counted. */
  usage(): Usage {
    return this.#hub.usage()
  }

  async startEdge(place: 'linked' | 'alone'): Promise<void> {
    const { core, generatorCore, workDir, dataDir } = this.#options
    mkdirSync(join(dataDir, 'edge'), { recursive: true })
    const command = [process.execPath, mainFile, 'run', '--config', this.#configFile(place)]
    this.#edge = startPinned(place === 'alone' ? core : generatorCore, command, join(workDir, 'edge.log'), {
      // As infra/meshcore-room.service says.
      NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=256',
      MALLOC_ARENA_MAX: '1',
      NODE_COMPILE_CACHE: join(workDir, 'node-cache'),
    })
    await waitForPort(this.#edge, this.#statusPort)
  }

  stopEdge(): Promise<void> {
    return killHard(this.#edge)
  }

  endEdge(): Promise<void> {
    return endGently(this.#edge)
  }

  edgeUsage(): Usage {
    return usageOf([this.#edge])
  }

  #configFile(place: 'linked' | 'alone'): string {
    return join(this.#options.workDir, `room-${place}.conf`)
  }
}

function edgeConfig(
  { certs }: BrokerOptions,
  { secret }: Access,
  { status, federation, database }: { status: number; federation: number; database: string },
): string {
  return `[room]
name = "Bench"
federate_as = "${roomNames(1)[0]}"
[storage]
path = "${database}"
[clients]
lines_port = 0
[federation]
enabled = true
federation_port = ${federation}
tls_cert = "${certs.cert}"
tls_key = "${certs.key}"
federation_secret = "${secret}"
status_endpoint = true
status_host = "127.0.0.1"
status_port = ${status}
`
}

function hubSection({ certs }: BrokerOptions, { port }: Access): string {
  return `[[federation.hubs]]
url = "wss://localhost:${port}/federation"
ca = "${certs.ca}"
`
}
