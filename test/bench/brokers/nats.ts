// NATS with JetStream on files and TLS, otherwise as the package has it.
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Access, Broker, BrokerOptions, Usage } from '../broker.ts'
import { freePort, killHard, startPinned, usageOf, waitForPort } from '../processes.ts'

export class Nats implements Broker {
  readonly access: Access
  readonly #options: BrokerOptions
  readonly #configFile: string
  #child: ChildProcess | undefined

  private constructor(options: BrokerOptions, port: number) {
    this.#options = options
    this.access = { port, caFile: options.certs.ca, secret: '' }
    this.#configFile = join(options.workDir, 'nats.conf')
    writeFileSync(this.#configFile, configText(options, port))
  }

  static async create(options: BrokerOptions): Promise<Nats> {
    return new Nats(options, await freePort())
  }

  async start(): Promise<void> {
    mkdirSync(this.#options.dataDir, { recursive: true })
    const { core, workDir } = this.#options
    this.#child = startPinned(core, ['nats-server', '-c', this.#configFile], join(workDir, 'nats.log'))
    await waitForPort(this.#child, this.access.port)
  }

  kill(): Promise<void> {
    return killHard(this.#child)
  }

  usage(): Usage {
    return usageOf([this.#child])
  }
}

function configText({ dataDir, certs }: BrokerOptions, port: number): string {
  return `listen: "127.0.0.1:${port}"
tls { cert_file: "${certs.cert}", key_file: "${certs.key}", timeout: 60 }
jetstream { store_dir: "${dataDir}", max_memory_store: 1GB, max_file_store: 16GB }
max_pending: 256MB
write_deadline: "60s"
`
}
