// The network as one edge knows it: its own city, its hub and its peers; and how far a post has come there.
import { StoreUnavailableError } from '#common/errors.ts'
import type { NetworkSource } from '#common/http/network-routes.ts'
import { type City, type Network, type NetworkServer, sampleMs } from '#common/network.ts'
import type { Entry, PostLog } from '#common/post-log.ts'
import { postsToSend } from '#common/room-status.ts'
import type { PeerStatus, Status } from '#common/status.ts'
import type { EdgeParts } from '../edge-parts.ts'
import type { OnAir } from '../on-air.ts'
import type { ReportSource } from '../report/report-sender.ts'
import { isStandIn, ownCity, peerCity } from './city-of.ts'
import { DayBytes } from './day-bytes.ts'
import { postDeliveries } from './post-deliveries.ts'
import { Samples } from './samples.ts'

/** Whoever asks sooner gets the same picture. */
const pictureMs = 2000
/** By then links are there, and the radio is. */
const firstSampleMs = 10_000

export interface EdgeNetworkParts {
  parts: EdgeParts
  source: ReportSource
  status: () => Promise<Status>
  onAir: OnAir | undefined
  hubId: () => string | undefined
}

interface Picture {
  at: number
  server: NetworkServer
  cities: City[]
}

export class EdgeNetwork implements NetworkSource {
  readonly #p: EdgeNetworkParts
  readonly #samples = new Samples()
  readonly #bytes = new DayBytes()
  /** Since when a city is as it is; what changes with every look does not count. */
  #changes = new Map<string, { facts: string; at: number }>()
  #picture: { madeAt: number; made: Promise<Picture> } | undefined
  #lastAt = 0

  constructor(parts: EdgeNetworkParts) {
    this.#p = parts
  }

  /** Takes a sample soon, and then every five minutes, until the returned function is called. */
  start(): () => void {
    const first = setTimeout(() => void this.#sample(), firstSampleMs).unref()
    const timer = setInterval(() => void this.#sample(), sampleMs).unref()
    return () => {
      clearTimeout(first)
      clearInterval(timer)
    }
  }

  /** By name. @throws StoreUnavailableError */
  async cities(): Promise<readonly City[]> {
    return (await this.#now()).cities
  }

  async network(since = 0): Promise<string> {
    const { at, server, cities } = await this.#now()
    // A time that is yet to come was told by a clock that has been set back since.
    const changed = cities.filter(({ id }) => since > at || (this.#changes.get(id)?.at ?? at) > since)
    const names = this.#p.parts.servers.namesById(cities.filter(city => !isStandIn(city)))
    const network: Network = { at, server, cities: changed, ids: cities.map(({ id }) => id), names }
    return JSON.stringify(network)
  }

  async history(ids: readonly string[]) {
    return this.#samples.of(ids)
  }

  async deliveries(log: PostLog, entry: Entry) {
    const { parts, status, onAir } = this.#p
    const { id, name } = this.#own
    const told = await onAir?.consolePosts(log.room)?.states()
    const settled = (peerId: string) => parts.links.get(peerId)?.settledByRoom().get(log.room)
    const { peers } = await status()
    const air = told?.find(({ guid }) => guid === entry.guid)?.state
    return postDeliveries({ log, entry, own: { id, name }, air, peers, settledAt: settled })
  }

  get #own() {
    const { identity, name, software, wanBytesPerDay } = this.#p.parts.self
    return { id: identity.id, name, software, wanCapBytes: wanBytesPerDay ?? null }
  }

  #now(): Promise<Picture> {
    const madeAt = performance.now()
    if (this.#picture !== undefined && madeAt - this.#picture.madeAt < pictureMs) return this.#picture.made
    const made = this.#make()
    this.#picture = { madeAt, made }
    // A store that is away now may be back in a moment.
    made.catch(() => {
      this.#picture = undefined
    })
    return made
  }

  async #make(): Promise<Picture> {
    const { status, source, hubId } = this.#p
    const [all, rooms] = await Promise.all([status(), source.rooms(hubId())])
    const self = source.self()
    const at = Math.max(this.#p.parts.self.now(), this.#lastAt + 1)
    this.#lastAt = at
    const { bytesIn, bytesOut } = this.#p.parts.links.traffic()
    const bytesToday = this.#bytes.today(this.#own.id, bytesIn + bytesOut, at)
    const own = ownCity({ ...this.#own, rooms, self, toSend: postsToSend(all.peers), bytesToday, now: at })
    const others = all.peers.map(peer => this.#cityOf(peer, at))
    const cities = [own, ...others].sort((a, b) => a.name.localeCompare(b.name))
    this.#noteChanges(cities, at)
    const { id, name, role, version, uptimeSeconds, reasons, certificate } = all
    const server = { id, name, role, version, uptimeSeconds, reasons, certificateDays: certificate?.daysLeft ?? null }
    return { at, server: { ...server, position: self.position }, cities }
  }

  #cityOf(peer: PeerStatus, now: number): City {
    const software = this.#p.parts.links.get(peer.id)?.peer.software ?? ''
    const bytesToday = this.#bytes.today(peer.id, peer.bytesIn + peer.bytesOut, now)
    return peerCity({ peer, software, bytesToday, now })
  }

  #noteChanges(cities: readonly City[], at: number): void {
    const changes = cities.map(city => {
      const { lastSeenAt: _seen, reportedAt: _at, bytesToday: _bytes, lagSeconds: _lag, ...facts } = city
      const text = JSON.stringify(facts)
      const before = this.#changes.get(city.id)
      return [city.id, before?.facts === text ? before : { facts: text, at }] as const
    })
    this.#changes = new Map(changes)
  }

  /** A store that is away leaves a hole. */
  async #sample(): Promise<void> {
    try {
      const { cities, at } = await this.#now()
      this.#samples.add(cities, at)
    } catch (error) {
      if (!(error instanceof StoreUnavailableError))
        this.#p.parts.log.error({ err: error }, 'the picture of the network could not be made')
    }
  }
}
