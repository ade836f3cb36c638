// Our hub with a Redis of its own that flushes every append: two processes on one core.
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Access, Broker, BrokerOptions, Usage } from '../broker.ts'
import { freePort, killHard, startPinned, usageOf, waitForPort } from '../processes.ts'

const mainFile = fileURLToPath(import.meta.resolve('#hub/main.ts'))

/** False in a tree that has no hub yet. */
export function hubIsHere(): boolean {
  return existsSync(mainFile)
}

export class Hub implements Broker {
  readonly access: Access
  readonly #options: BrokerOptions
  readonly #redisPort: number
  readonly #configFile: string
  #redis: ChildProcess | undefined
  #hub: ChildProcess | undefined

  private constructor(options: BrokerOptions, port: number, redisPort: number) {
    this.#options = options
    this.#redisPort = redisPort
    this.access = { port, caFile: options.certs.ca, secret: randomBytes(32).toString('hex') }
    this.#configFile = join(options.workDir, 'hub.conf')
    writeFileSync(this.#configFile, hubConfig(options, this.access, redisPort), { mode: 0o600 })
    writeFileSync(join(options.workDir, 'redis.conf'), redisConfig(options, redisPort))
  }

  static async create(options: BrokerOptions): Promise<Hub> {
    return new Hub(options, await freePort(), await freePort())
  }

  async start(): Promise<void> {
    const { core, workDir, dataDir } = this.#options
    for (const name of ['redis', 'hub']) mkdirSync(join(dataDir, name), { recursive: true })
    const redisCommand = ['redis-server', join(workDir, 'redis.conf')]
    this.#redis = startPinned(core, redisCommand, join(workDir, 'redis.log'))
    await waitForPort(this.#redis, this.#redisPort)
    const hubCommand = [process.execPath, mainFile, 'run', '--config', this.#configFile]
    this.#hub = startPinned(core, hubCommand, join(workDir, 'hub.log'))
    await waitForPort(this.#hub, this.access.port)
  }

  async kill(): Promise<void> {
    await Promise.all([killHard(this.#hub), killHard(this.#redis)])
  }

  usage(): Usage {
    return usageOf([this.#hub, this.#redis])
  }
}

function hubConfig({ dataDir, certs }: BrokerOptions, { port, secret }: Access, redisPort: number): string {
  return `listen = "127.0.0.1:${port}"
tls_cert = "${certs.cert}"
tls_key = "${certs.key}"
redis_url = "redis://127.0.0.1:${redisPort}"
data_dir = "${join(dataDir, 'hub')}"
federation_secret = "${secret}"
[limits]
posts_per_second_spoke = 0
posts_per_second_room = 0
posts_per_second_address = 0
frames_per_second_spoke = 0
`
}

/** As the hub's operators are told to run it. */
function redisConfig({ dataDir }: BrokerOptions, port: number): string {
  return `port ${port}
bind 127.0.0.1
dir ${join(dataDir, 'redis')}
save ""
appendonly yes
appendfsync always
auto-aof-rewrite-min-size 1gb
lazyfree-lazy-expire yes
maxmemory-policy noeviction
`
}
