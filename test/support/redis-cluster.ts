// A real Redis Cluster for tests: three masters with a third of the slots each, if asked for each with a replica. Slots can be moved.
import type { RedisConf } from '#common/config/redis-conf.ts'
import { freePort } from './free-port.ts'
import { type Cleanup, RedisServer } from './redis-server.ts'
import { waitFor } from './wait-for.ts'

const slotCount = 16_384
const masterCount = 3
const gatherDeadlineMs = 60_000
/** A node that is silent for so long is taken for dead, which is waited for only where a replica is to take over: one on a busy machine is not. */
const nodeTimeoutMs = { withReplicas: 4_000, alone: 15_000 }
const keysAtOnce = 10

export interface RedisClusterOptions {
  /** A replica for each master. */
  replicas?: boolean
  /** Further options of each server, by name without the dashes. */
  config?: Readonly<Record<string, string>>
}

interface ClusterNode {
  id: string
  port: number
  isMaster: boolean
  isWell: boolean
  ranges: readonly (readonly [first: number, last: number])[]
}

export class RedisCluster {
  /** The masters it began with, in the order of their slots. */
  readonly masters: readonly RedisServer[]
  /** In the order of their masters. */
  readonly replicas: readonly RedisServer[]

  private constructor(masters: readonly RedisServer[], replicas: readonly RedisServer[]) {
    this.masters = masters
    this.replicas = replicas
  }

  /** Resolves when all nodes know all others and every slot is served; it ends with the test. */
  static async start(
    test: Cleanup,
    { replicas = false, config = {} }: RedisClusterOptions = {},
  ): Promise<RedisCluster> {
    const start = async () =>
      RedisServer.start(test, {
        config: {
          ...{ 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) },
          ...{
            'cluster-node-timeout': String(replicas ? nodeTimeoutMs.withReplicas : nodeTimeoutMs.alone),
            'cluster-require-full-coverage': 'no',
          },
          ...config,
        },
      })
    const servers = await Promise.all(Array.from({ length: masterCount * (replicas ? 2 : 1) }, start))
    const cluster = new RedisCluster(servers.slice(0, masterCount), servers.slice(masterCount))
    await cluster.#gather()
    return cluster
  }

  get servers(): readonly RedisServer[] {
    return [...this.masters, ...this.replicas]
  }

  /** As the config of a hub has it. */
  get conf(): RedisConf {
    const [first, ...others] = this.masters as [RedisServer, ...RedisServer[]]
    return { layout: 'cluster', url: first.url, nodes: others.map(({ port }) => ({ host: '127.0.0.1', port })) }
  }

  /** As the config file of a hub has it. */
  get hubConf(): { redis_url: string; redis_cluster: string[] } {
    const [first, ...others] = this.masters as [RedisServer, ...RedisServer[]]
    return { redis_url: first.url, redis_cluster: others.map(({ port }) => `127.0.0.1:${port}`) }
  }

  async slotOf(key: string): Promise<number> {
    return Number(await this.#anyone.cli('CLUSTER', 'KEYSLOT', key))
  }

  /** The server that serves the slot of a key, as the cluster sees it now. */
  async ownerOf(key: string): Promise<RedisServer> {
    const slot = await this.slotOf(key)
    const nodes = await nodesSeenBy(this.#anyone)
    const owner = nodes.find(({ ranges }) => ranges.some(([first, last]) => first <= slot && slot <= last))
    const server = this.servers.find(({ port }) => port === owner?.port)
    if (server === undefined) throw new Error(`nobody serves slot ${slot}`)
    return server
  }

  /** Moves a slot with all its keys, as `redis-cli --cluster reshard` does. `midway` is called when half of the keys are moved. */
  async moveSlot(slot: number, from: RedisServer, to: RedisServer, midway = async () => {}): Promise<void> {
    const [fromId, toId] = [await from.cli('CLUSTER', 'MYID'), await to.cli('CLUSTER', 'MYID')]
    await to.cli('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', fromId)
    await from.cli('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', toId)
    const count = Number(await from.cli('CLUSTER', 'COUNTKEYSINSLOT', String(slot)))
    await migrate({ slot, from, to, count: Math.floor(count / 2) })
    await midway()
    // Until none is left: more may have come meanwhile.
    while (await migrate({ slot, from, to, count: keysAtOnce }));
    for (const server of [to, from, ...this.masters]) await server.cli('CLUSTER', 'SETSLOT', String(slot), 'NODE', toId)
  }

  get #anyone(): RedisServer {
    const server = this.servers.find(({ isRunning }) => isRunning)
    if (server === undefined) throw new Error('no node of the cluster runs')
    return server
  }

  async #gather(): Promise<void> {
    const [first] = this.masters as [RedisServer]
    for (const [i, master] of this.masters.entries()) {
      const bounds = [i, i + 1].map(n => Math.floor((n * slotCount) / masterCount)) as [number, number]
      await master.cli('CLUSTER', 'ADDSLOTSRANGE', String(bounds[0]), String(bounds[1] - 1))
      await master.cli('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
    }
    for (const { port, config } of this.servers.slice(1))
      await first.cli('CLUSTER', 'MEET', '127.0.0.1', String(port), config['cluster-port'] ?? '')
    await this.#agree(nodes => nodes.length === this.servers.length, 'the nodes to know each other')
    for (const [i, replica] of this.replicas.entries())
      await replica.cli('CLUSTER', 'REPLICATE', (await this.masters[i]?.cli('CLUSTER', 'MYID')) ?? '')
    await this.#agree(
      nodes => nodes.filter(({ isMaster }) => isMaster).length === masterCount,
      'the replicas to be known',
    )
    for (const [i, replica] of this.replicas.entries()) await replica.caughtUpWith(this.masters[i] as RedisServer)
  }

  /** Waits until every node sees it so, all are well, and the cluster takes commands. */
  async #agree(isSo: (nodes: readonly ClusterNode[]) => boolean, what: string): Promise<void> {
    const sees = async (server: RedisServer) => {
      const nodes = await nodesSeenBy(server)
      const info = await server.cli('CLUSTER', 'INFO')
      return isSo(nodes) && nodes.every(({ isWell }) => isWell) && info.includes('cluster_state:ok')
    }
    const all = async () => (await Promise.all(this.servers.map(sees))).every(Boolean)
    await waitFor(all, { what, deadlineMs: gatherDeadlineMs })
  }
}

interface Migration {
  slot: number
  from: RedisServer
  to: RedisServer
  count: number
}

/** Gives whether there was anything to move. */
async function migrate({ slot, from, to, count }: Migration): Promise<boolean> {
  if (count === 0) return false
  const keys = await from.cli('CLUSTER', 'GETKEYSINSLOT', String(slot), String(count))
  if (keys === '') return false
  await from.cli('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys.split('\n'))
  return true
}

/** `<id> <ip:port@cport> <flags> <master> <ping> <pong> <epoch> <link> <slots>…`, a line for each. */
async function nodesSeenBy(server: RedisServer): Promise<ClusterNode[]> {
  const lines = (await server.cli('CLUSTER', 'NODES')).split('\n')
  return lines.map(line => {
    const [id = '', address = '', flags = '', , , , , link = '', ...slots] = line.split(' ')
    const ranges = slots.filter(range => !range.startsWith('[')).map(range => range.split('-').map(Number))
    return {
      id,
      port: Number(/:(\d+)@/.exec(address)?.[1]),
      isMaster: flags.includes('master'),
      isWell: link === 'connected' && !/fail|handshake|noaddr/.test(flags),
      ranges: ranges.map(([first = -1, last = first]) => [first, last] as const),
    }
  })
}
