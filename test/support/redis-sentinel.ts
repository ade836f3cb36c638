// Three real Sentinels for tests, which watch over a master and its replica and promote the replica when the master is gone.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RedisConf } from '#common/config/redis-conf.ts'
import { freePort } from './free-port.ts'
import { killWithUs } from './kill-with-us.ts'
import { type Cleanup, RedisServer, redisCli } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

const sentinelCount = 3
const quorum = 2
/** A master that is silent for so long is taken for dead. */
const downAfterMs = 3_000
const failoverTimeoutMs = 3_000
const gatherDeadlineMs = 60_000
const masterName = 'mcfed-master'

interface Sentinel {
  port: number
  child: ChildProcess
}

export class RedisSentinels {
  /** The master it began with. */
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly #sentinels: readonly Sentinel[]

  private constructor(master: RedisServer, replica: RedisServer, sentinels: readonly Sentinel[]) {
    this.master = master
    this.replica = replica
    this.#sentinels = sentinels
  }

  /** Resolves when all Sentinels know each other and the replica; all of it ends with the test. */
  static async start(test: Cleanup): Promise<RedisSentinels> {
    const master = await RedisServer.start(test)
    const replica = await RedisServer.start(test, { replicaof: master })
    await replica.caughtUpWith(master)
    const dir = await mkdtemp(join(tmpdir(), 'mcfed-sentinel-'))
    const sentinels = await Promise.all(Array.from({ length: sentinelCount }, () => startSentinel(dir, master)))
    test.after(async () => {
      for (const { child } of sentinels) child.kill('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    })
    const all = new RedisSentinels(master, replica, sentinels)
    await waitFor(() => all.#isGathered(), { what: 'the Sentinels to know each other', deadlineMs: gatherDeadlineMs })
    return all
  }

  /** As the config of a hub has it. */
  get conf(): RedisConf {
    const sentinels = this.#sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    return { layout: 'sentinel', url: `redis://${masterName}`, sentinels }
  }

  /** As the config file of a hub has it. */
  get hubConf(): { redis_url: string; redis_sentinels: string[] } {
    const places = this.#sentinels.map(({ port }) => `127.0.0.1:${port}`)
    return { redis_url: `redis://${masterName}`, redis_sentinels: places }
  }

  /** Waits until a Sentinel names this server as the master. */
  async promoted(server: RedisServer): Promise<void> {
    const port = async () => (await this.#ask(0, 'GET-MASTER-ADDR-BY-NAME', masterName)).split('\n')[1]
    // Where their votes are split they try again after twice the time that a failover may take.
    await waitFor(port, {
      what: 'the replica to be promoted',
      deadlineMs: 4 * failoverTimeoutMs + gatherDeadlineMs,
      until: found => found === String(server.port),
    })
  }

  async #isGathered(): Promise<boolean> {
    const known = await Promise.all(this.#sentinels.map((_, n) => this.#ask(n, 'MASTER', masterName)))
    const others = new RegExp(`num-other-sentinels\n${sentinelCount - 1}\n`)
    return known.every(fields => others.test(fields) && /num-slaves\n1\n/.test(fields))
  }

  #ask(n: number, ...command: string[]): Promise<string> {
    return redisCli(this.#sentinels[n]?.port ?? 0, 'SENTINEL', ...command)
  }
}

/** A Sentinel writes what it learns into its own config file. */
async function startSentinel(dir: string, master: RedisServer): Promise<Sentinel> {
  const port = await freePort()
  const file = join(dir, `${port}.conf`)
  const text = `port ${port}
bind 127.0.0.1
dir ${dir}
sentinel monitor ${masterName} 127.0.0.1 ${master.port} ${quorum}
sentinel down-after-milliseconds ${masterName} ${downAfterMs}
sentinel failover-timeout ${masterName} ${failoverTimeoutMs}
`
  await writeFile(file, text)
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  killWithUs(child)
  return { port, child }
}
