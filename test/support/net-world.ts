// A small internet of network namespaces: every machine has a cable to one router, which loses packets without a word where
// the test has cut. Needs root.
import { mkdirSync, rmSync } from 'node:fs'
import {
  addNamespaces,
  dirOf,
  inside,
  newWorldPrefix,
  removeLeftovers,
  removeNamespaces,
  runTool,
} from './net-commands.ts'
import { NetNode } from './net-node.ts'

export interface NetWorldOptions {
  /** Machines behind a NAT router of their own: they reach everybody, and nobody reaches them. */
  behindNat?: readonly string[]
}

const machinesMax = 200

export class NetWorld implements AsyncDisposable {
  readonly #nodes: ReadonlyMap<string, NetNode>
  readonly #router: string
  readonly #dir: string
  readonly #remove: () => void
  /** `from . to`, as the router writes it. */
  readonly #cuts = new Set<string>()

  private constructor(names: readonly string[], { behindNat = [] }: NetWorldOptions) {
    const prefix = newWorldPrefix()
    this.#router = `${prefix}-router`
    this.#dir = dirOf(prefix)
    mkdirSync(this.#dir, { mode: 0o700 })
    const nodes = names.map((name, i) => {
      const isHidden = behindNat.includes(name)
      const [inner, address] = isHidden ? [`192.168.${i}.2`, `10.77.255.${i}`] : [`10.77.${i}.2`, `10.77.${i}.2`]
      return new NetNode({ name, namespace: `${prefix}-${i}`, inner, address, dir: this.#dir })
    })
    this.#nodes = new Map(nodes.map(node => [node.name, node]))
    const namespaces = [this.#router, ...nodes.map(({ namespace }) => namespace)]
    this.#remove = () => {
      removeNamespaces(namespaces)
      rmSync(this.#dir, { recursive: true, force: true })
    }
    process.once('exit', this.#remove)
    try {
      addNamespaces(namespaces)
      this.#layCables(nodes)
      this.#startRouter(nodes)
    } catch (error) {
      this.#remove()
      throw error
    }
  }

  /** A world with these machines, all of them connected. @throws Error that says what is needed, without root */
  static open(names: readonly string[], options: NetWorldOptions = {}): Promise<NetWorld> {
    if (names.length > machinesMax) throw new Error(`more than ${machinesMax} machines`)
    if (process.getuid?.() === 0) removeLeftovers()
    return Promise.resolve(new NetWorld(names, options))
  }

  node(name: string): NetNode {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`no machine "${name}"`)
    return node
  }

  /** Packets between two machines vanish, and nobody is told: connections that are open stay half open. */
  cut(a: string, b: string): void {
    this.#change('add', [this.#way(a, b), this.#way(b, a)])
  }

  /** Packets vanish on the way there only. */
  cutOneWay(from: string, to: string): void {
    this.#change('add', [this.#way(from, to)])
  }

  heal(a: string, b: string): void {
    this.#change('delete', [this.#way(a, b), this.#way(b, a)])
  }

  healAll(): void {
    this.#change('delete', [...this.#cuts])
  }

  /** Nothing comes or goes. */
  isolate(name: string): void {
    this.partition(
      [name],
      [...this.#nodes.keys()].filter(other => other !== name),
    )
  }

  /** All ways from one group to another are cut, at one moment; within a group nothing changes. */
  partition(...groups: readonly (readonly string[])[]): void {
    const ways = groups.flatMap((group, i) =>
      groups.flatMap((others, j) => (i === j ? [] : group.flatMap(a => others.map(b => this.#way(a, b))))),
    )
    this.#change('add', ways)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#remove)
    try {
      for (const node of this.#nodes.values()) await node[Symbol.asyncDispose]()
    } finally {
      this.#remove()
    }
  }

  #way(from: string, to: string): string {
    return `${this.node(from).inner} . ${this.node(to).inner}`
  }

  #change(verb: 'add' | 'delete', ways: readonly string[]): void {
    const changed = [...new Set(ways)].filter(way => this.#cuts.has(way) === (verb === 'delete'))
    if (changed.length === 0) return
    this.#nft(`${verb} element ip world cut { ${changed.join(', ')} }\n`)
    for (const way of changed) {
      if (verb === 'add') this.#cuts.add(way)
      else this.#cuts.delete(way)
    }
  }

  #layCables(nodes: readonly NetNode[]): void {
    const cable = ({ namespace }: NetNode, i: number) =>
      `link add m${i} netns ${this.#router} type veth peer name eth0 netns ${namespace}\n`
    runTool('ip', ['-batch', '-'], nodes.map(cable).join(''))
    for (const { namespace, inner } of nodes) {
      const lines = `addr add ${inner}/24 dev eth0\nlink set eth0 up\nlink set lo up\nroute add default via ${gateway(inner)}\n`
      runTool('ip', ['-n', namespace, '-batch', '-'], lines)
    }
  }

  #startRouter(nodes: readonly NetNode[]): void {
    const port = ({ inner }: NetNode, i: number) => `addr add ${gateway(inner)}/24 dev m${i}\nlink set m${i} up\n`
    // The addresses that stand for hidden machines are the router's own.
    const hidden = nodes.filter(({ inner, address }) => inner !== address)
    const faces = hidden.map(({ address }) => `addr add ${address}/32 dev lo\n`)
    runTool('ip', ['-n', this.#router, '-batch', '-'], `link set lo up\n${nodes.map(port).join('')}${faces.join('')}`)
    const nat = hidden.map(({ inner, address }) => `add rule ip world out ip saddr ${inner} snat to ${address}\n`)
    this.#nft(`${routerRules}${nat.join('')}`)
    const forward = ['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']
    runTool('ip', [...inside(this.#router).slice(1), ...forward])
  }

  #nft(rules: string): void {
    runTool('ip', [...inside(this.#router).slice(1), 'nft', '-f', '-'], rules)
  }
}

/** What is cut is dropped, packets of open connections too. A hidden machine gets only answers, and the router answers nobody. */
const routerRules = `add table ip world
add set ip world cut { type ipv4_addr . ipv4_addr; }
add chain ip world way { type filter hook forward priority 0; policy accept; }
add rule ip world way ip saddr . ip daddr @cut drop
add rule ip world way ip daddr 192.168.0.0/16 ct state new drop
add chain ip world door { type filter hook input priority 0; policy drop; }
add chain ip world out { type nat hook postrouting priority 100; }
`

function gateway(address: string): string {
  return address.replace(/\.2$/, '.1')
}
