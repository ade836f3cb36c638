// Row 11: an edge on a virtual air. How soon a post is acknowledged, and what members cost who are always pushed something.
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { identityFromPrivateKey } from '#edge/radio/crypto.ts'
import { FrameDecoder, type KissFrame, kissCommand } from '#edge/radio/kiss.ts'
import { decodePacket, payloadType } from '#edge/radio/packet.ts'
import { Island } from '#infra/island/island.ts'
import type { IslandNode } from '#infra/island/node.ts'
import { EdgeHttp } from '../clients/edge-http.ts'
import type { Figures, Params } from '../control.ts'
import { quantile, roomNames, type Scenario, type Stage } from '../stage.ts'

/** Only the waits are then what they are on a real air: logins of fifty members take a minute. */
const airSpeed = 4
const ackDelayMs = 200
const keyMs = 20_000
const firstPushMs = 30_000
const measuredMs = 60_000

export const edgeOnAir: Scenario = async (stage, params) => {
  await using island = await Island.start({ speed: airSpeed })
  const { port } = await island.modem({ tcp: true })
  await using tap = new ModemTap(stage.edge.radioPort, Number(new URL(port).port))
  await stage.order('edge-start-on-air')
  const room = await roomKey(stage.edge.roomKeyFile)
  const author = island.node('author', { room })
  await logIn(author)
  const acks = await postsAcked(author, tap, params.singlePosts)
  for (let i = 1; i < params.links; i += 1) await logIn(island.node(`member ${i}`, { room }))
  return { ...acks, ...(await pushedToMany(stage, island, params)) }
}

async function postsAcked(author: IslandNode, tap: ModemTap, count: number): Promise<Figures> {
  const samples = new Float64Array(count)
  for (let i = 0; i < count; i += 1) {
    const { isAcked, tries } = await author.post(`post ${i}`)
    if (!isAcked || tries !== 1) throw new Error(`post ${i} was not acknowledged at once`)
    samples[i] = tap.ackedAt - tap.postedAt - ackDelayMs
  }
  return { ackP50Ms: quantile(samples, 0.5), ackP99Ms: quantile(samples, 0.99) }
}

async function pushedToMany(stage: Stage, island: Island, { posts, links }: Params): Promise<Figures> {
  const edge = new EdgeHttp(stage.edge.port, roomNames(1)[0] ?? '')
  for (let i = 0; i < posts; i += 1) await edge.post(`pushed to all of them ${i} `.padEnd(140, '.'))
  const pushes = () => island.nodes.reduce((sum, node) => sum + node.pushes.length, 0)
  const have = async (count: number, ms: number) => {
    const endAt = performance.now() + ms
    while (pushes() < count && performance.now() < endAt) await delay(100)
  }
  const known = pushes()
  await have(known + 1, firstPushMs)
  const [before, countBefore, startAt] = [await stage.order('edge-usage'), pushes(), performance.now()]
  await have(known + posts * links, measuredMs)
  const { cpuMs, rssBytes } = await stage.order('edge-usage')
  const ms = performance.now() - startAt
  const count = pushes() - countBefore
  if (count === 0) throw new Error('nothing was pushed')
  return {
    pushesPerMinute: (count / ms) * 60_000,
    cpuPercent: ((cpuMs - before.cpuMs) / ms) * 100,
    residentMegabytes: rssBytes / 1e6,
  }
}

async function logIn(node: IslandNode): Promise<void> {
  if ((await node.login('welcome')) === undefined) throw new Error(`${node.name} is not let in`)
}

/** Public key of the room, from the file that the edge makes at its first start. */
async function roomKey(file: string): Promise<Uint8Array> {
  const endAt = performance.now() + keyMs
  while (!existsSync(file)) {
    if (performance.now() > endAt) throw new Error(`no key in ${file}`)
    await delay(20)
  }
  return identityFromPrivateKey(Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')).publicKey
}

/** Between an edge and its modem: passes everything on, and takes the time of posts and ACKs. */
class ModemTap implements AsyncDisposable {
  postedAt = 0
  ackedAt = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(port: number, modemPort: number) {
    this.#server = createServer({ noDelay: true }, edge => {
      const modem = connect({ port: modemPort, host: '127.0.0.1', noDelay: true })
      const [fromModem, fromEdge] = [new FrameDecoder(), new FrameDecoder()]
      modem.on('data', bytes => {
        edge.write(bytes)
        const now = performance.now()
        if (hasPacket(fromModem.push(bytes), payloadType.text)) this.postedAt = now
      })
      edge.on('data', bytes => {
        const now = performance.now()
        modem.write(bytes)
        if (hasPacket(fromEdge.push(bytes), payloadType.ack)) this.ackedAt = now
      })
      const both = [edge, modem]
      for (const socket of both) {
        this.#sockets.add(socket)
        socket.on('error', () => {}).on('close', () => both.map(one => one.destroy()))
      }
    })
    this.#server.listen(port, '127.0.0.1')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

function hasPacket(frames: readonly KissFrame[], type: number): boolean {
  return frames.some(frame => frame.command === kissCommand.data && decodePacket(frame.data).type === type)
}
