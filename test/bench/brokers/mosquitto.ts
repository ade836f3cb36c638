// Mosquitto with persistence, TLS and no limit on queues; `stock` leaves the limits as the package has them.
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Access, Broker, BrokerOptions, Usage } from '../broker.ts'
import { freePort, killHard, startPinned, usageOf, waitForPort } from '../processes.ts'

export class Mosquitto implements Broker {
  readonly access: Access
  readonly #options: BrokerOptions
  readonly #configFile: string
  #child: ChildProcess | undefined

  private constructor(options: BrokerOptions, port: number, stock: boolean) {
    this.#options = options
    this.access = { port, caFile: options.certs.ca, secret: '' }
    this.#configFile = join(options.workDir, 'mosquitto.conf')
    writeFileSync(this.#configFile, configText(options, port, stock))
  }

  static async create(options: BrokerOptions, stock = false): Promise<Mosquitto> {
    return new Mosquitto(options, await freePort(), stock)
  }

  async start(): Promise<void> {
    mkdirSync(this.#options.dataDir, { recursive: true })
    const { core, workDir } = this.#options
    this.#child = startPinned(core, ['mosquitto', '-c', this.#configFile], join(workDir, 'mosquitto.log'))
    await waitForPort(this.#child, this.access.port)
  }

  kill(): Promise<void> {
    return killHard(this.#child)
  }

  usage(): Usage {
    return usageOf([this.#child])
  }
}

function configText({ dataDir, certs }: BrokerOptions, port: number, stock: boolean): string {
  const limits = stock ? [] : ['max_queued_messages 0', 'max_inflight_messages 65535']
  const lines = [
    `listener ${port} 127.0.0.1`,
    `certfile ${certs.cert}`,
    `keyfile ${certs.key}`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${dataDir}/`,
    'set_tcp_nodelay true',
    'sys_interval 0',
    'log_type error',
    'log_type warning',
    'log_dest stderr',
    // As root it would become the user mosquitto, who cannot read the bench's files.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...limits,
  ]
  return `${lines.join('\n')}\n`
}
