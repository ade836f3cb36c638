// Our hub as in the other rows, and an edge that follows it or is by itself: another machine's program, so it has the hub's core only when the hub is idle.
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Access, Broker, BrokerOptions, EdgePlace, Usage } from '../broker.ts'
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

  private constructor(hub: Hub, options: BrokerOptions, ports: { status: number; federation: number; radio: number }) {
    this.#hub = hub
    this.#options = options
    this.#statusPort = ports.status
    const database = join(options.dataDir, 'edge', 'room.db')
    const roomKeyFile = join(options.dataDir, 'edge', 'room.key')
    const edge = { port: ports.status, database, roomKeyFile, radioPort: ports.radio }
    this.access = { ...hub.access, edge }
    const alone = edgeConfig(options, this.access, { ...ports, ...edge })
    writeFileSync(this.#configFile('alone'), alone, { mode: 0o600 })
    writeFileSync(this.#configFile('linked'), alone + hubSection(options, hub.access), { mode: 0o600 })
    writeFileSync(this.#configFile('on-air'), alone + radioSection(ports.radio), { mode: 0o600 })
  }

  static async create(options: BrokerOptions): Promise<HubWithEdge> {
    const ports = { status: await freePort(), federation: await freePort(), radio: await freePort() }
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
  usage(): Promise<Usage> {
    return this.#hub.usage()
  }

  async startEdge(place: EdgePlace): Promise<void> {
    const { core, generatorCore, workDir, dataDir } = this.#options
    mkdirSync(join(dataDir, 'edge'), { recursive: true })
    const command = [process.execPath, mainFile, 'run', '--config', this.#configFile(place)]
    this.#edge = startPinned(place === 'linked' ? generatorCore : core, command, join(workDir, 'edge.log'), {
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

  #configFile(place: EdgePlace): string {
    return join(this.#options.workDir, `room-${place}.conf`)
  }
}

function edgeConfig(
  { certs }: BrokerOptions,
  { secret }: Access,
  {
    status,
    federation,
    database,
    roomKeyFile,
  }: { status: number; federation: number; database: string; roomKeyFile: string },
): string {
  return `[room]
name = "Bench"
federate_as = "${roomNames(1)[0]}"
guest_password = "welcome"
author_posts_per_minute = 0
identity = "${roomKeyFile}"
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

/** The air is a virtual one, and may be used without a pause. An advert under way would hold up an ACK. */
function radioSection(port: number): string {
  return `[radio]
port = "tcp://127.0.0.1:${port}"
frequency = 869.618
bandwidth = 62.5
spreading_factor = 8
coding_rate = 5
tx_power = 14
duty_cycle = 100
advert_minutes = 0
flood_advert_hours = 0
`
}
