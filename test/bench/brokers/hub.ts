// Our hub with a Redis of its own that flushes every append, all on one core: two processes, or one more for each further instance.
import { type ChildProcess, execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Access, Broker, BrokerOptions, Usage } from '../broker.ts'
import { freePort, killHard, startPinned, usageOf, waitForPort } from '../processes.ts'

const run = promisify(execFile)
const mainFile = fileURLToPath(import.meta.resolve('#hub/main.ts'))

/** False in a tree that has no hub yet. */
export function hubIsHere(): boolean {
  return existsSync(mainFile)
}

export class Hub implements Broker {
  readonly access: Access
  readonly #options: BrokerOptions
  readonly #ports: readonly number[]
  readonly #redisPort: number
  #redis: ChildProcess | undefined
  #hubs: ChildProcess[] = []

  private constructor(options: BrokerOptions, ports: readonly number[], redisPort: number) {
    const [port = 0] = ports
    this.#options = options
    this.#ports = ports
    this.#redisPort = redisPort
    this.access = { port, ports, caFile: options.certs.ca, secret: randomBytes(32).toString('hex') }
    for (const port of ports) {
      const config = hubConfig(options, { ...this.access, port }, redisPort)
      writeFileSync(this.#configFile(port), config, { mode: 0o600 })
    }
    writeFileSync(join(options.workDir, 'redis.conf'), redisConfig(options, redisPort))
  }

  static async create(options: BrokerOptions, instances = 1): Promise<Hub> {
    const ports = await Promise.all(Array.from({ length: instances }, () => freePort()))
    return new Hub(options, ports, await freePort())
  }

  async start(): Promise<void> {
    const { core, workDir, dataDir } = this.#options
    for (const name of ['redis', 'hub']) mkdirSync(join(dataDir, name), { recursive: true })
    const redisCommand = ['redis-server', join(workDir, 'redis.conf')]
    this.#redis = startPinned(core, redisCommand, join(workDir, 'redis.log'))
    await waitForPort(this.#redis, this.#redisPort)
    this.#hubs = this.#ports.map(port => {
      const hubCommand = [process.execPath, mainFile, 'run', '--config', this.#configFile(port)]
      return startPinned(core, hubCommand, join(workDir, `hub-${port}.log`))
    })
    await Promise.all(this.#hubs.map((hub, i) => waitForPort(hub, this.#ports[i] ?? 0)))
  }

  async kill(): Promise<void> {
    await Promise.all([...this.#hubs, this.#redis].map(killHard))
  }

  async usage(): Promise<Usage> {
    return { ...usageOf([...this.#hubs, this.#redis]), ...(await this.#redisUse()) }
  }

  async #redisUse(): Promise<Pick<Usage, 'redisCalls' | 'redisCommands'>> {
    const { stdout } = await run('redis-cli', ['-p', String(this.#redisPort), 'INFO', 'commandstats'])
    const calls = (pattern: string) => {
      const lines = stdout.matchAll(new RegExp(`^cmdstat_(?:${pattern}):calls=(\\d+)`, 'gm'))
      return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
    }
    return { redisCalls: calls('evalsha|xread|xrange'), redisCommands: calls('[^:]+') }
  }

  #configFile(port: number): string {
    return join(this.#options.workDir, `hub-${port}.conf`)
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
