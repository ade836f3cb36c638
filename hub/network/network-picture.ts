// All cities at one look: read from the store at most once in two seconds, whoever asks, and the same at every instance.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Enrol } from '#common/config/hub-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { receivedAtReader } from '#common/peer-lag.ts'
import type { PostLog } from '#common/post-log.ts'
import { type ListedSpoke, readSpokes } from '../rights/spoke-list.ts'
import type { HubStore } from '../store/hub-store.ts'
import { dayOf } from '../upkeep/byte-ledger.ts'
import { type BacklogParts, backlogOf } from './backlog.ts'
import { cityOf, type SeenCity, seenCity } from './cities.ts'
import { Histories } from './histories.ts'
import type { SpokeReports } from './spoke-reports.ts'

const freshMs = 2000
/** Reading is at most this share of a core, however many spokes there are. */
const shareMax = 1 / 10
/** Cities that are looked at before others have a turn. */
const citiesPerTurn = 250

export interface Picture {
  /** Unix ms. */
  at: number
  spokes: readonly ListedSpoke[]
  /** By name, as `spokes`. */
  cities: readonly SeenCity[]
}

export interface NetworkPictureParts {
  store: Pick<HubStore, 'registry' | 'rights' | 'traffic' | 'rooms' | 'log'>
  enrol: Enrol
  reports: SpokeReports
  hubId: string
  /** Unix ms. */
  now: () => number
  /** Monotonic ms. */
  ticks?: () => number
  /** What this process has used of a core so far, in ms. */
  usedMs?: () => number
}

export class NetworkPicture {
  readonly histories = new Histories()
  readonly #parts: NetworkPictureParts
  readonly #ticks: () => number
  readonly #usedMs: () => number
  #picture: Picture | undefined
  #staleAt = Number.NEGATIVE_INFINITY
  #reading: Promise<Picture> | undefined
  #seenById: ReadonlyMap<string, SeenCity> = new Map()

  constructor(parts: NetworkPictureParts) {
    this.#parts = parts
    this.#ticks = parts.ticks ?? (() => performance.now())
    this.#usedMs = parts.usedMs ?? usedByProcessMs
  }

  /** As it was two seconds ago or less; older while the store is away. @throws StoreUnavailableError when there is none yet */
  async get(): Promise<Picture> {
    if (this.#picture !== undefined && this.#ticks() < this.#staleAt) return this.#picture
    this.#reading ??= this.#readTimed().finally(() => {
      this.#reading = undefined
    })
    try {
      return await this.#reading
    } catch (error) {
      if (this.#picture === undefined || !(error instanceof StoreUnavailableError)) throw error
      return this.#picture
    }
  }

  async #readTimed(): Promise<Picture> {
    const [begunAt, usedMs] = [this.#ticks(), this.#usedMs()]
    try {
      this.#picture = await this.#read()
      return this.#picture
    } finally {
      // A store that is away is not asked more often than one that is there. Others may have used the core meanwhile.
      const costMs = Math.min(this.#ticks() - begunAt, this.#usedMs() - usedMs)
      this.#staleAt = begunAt + Math.max(freshMs, costMs / shareMax)
    }
  }

  async #read(): Promise<Picture> {
    const { store, enrol, reports, hubId, now } = this.#parts
    const [spokes, used] = await Promise.all([readSpokes(store, enrol), store.traffic.of(dayOf(now())), reports.read()])
    const parts = await this.#backlogParts(spokes)
    const at = Math.max(now(), (this.#picture?.at ?? 0) + 1)
    const cities: SeenCity[] = []
    for (const spoke of spokes) {
      const report = reports.get(spoke.id)
      const backlog = await backlogOf(spoke, report, parts)
      const city = cityOf({ spoke, report, used: used.get(spoke.id), hubId, ...backlog })
      cities.push(seenCity(city, this.#seenById.get(spoke.id), at))
      if (cities.length % citiesPerTurn === 0) await nextTurn()
    }
    this.#seenById = new Map(cities.map(seen => [seen.city.id, seen]))
    return { at, spokes, cities }
  }

  async #backlogParts(spokes: readonly ListedSpoke[]): Promise<BacklogParts> {
    const { store, reports, now } = this.#parts
    const rooms = spokes.flatMap(({ id }) => reports.get(id).rooms)
    const names = new Set(rooms.map(({ room }) => room))
    const logs = await Promise.all((await store.rooms()).filter(room => names.has(room)).map(room => store.log(room)))
    const logsByRoom = new Map<string, PostLog>(logs.map(log => [log.room, log]))
    await this.histories.prepare(
      rooms.flatMap(({ room, stored: cursor }) => {
        const log = logsByRoom.get(room)
        return log === undefined ? [] : [{ log, cursor }]
      }),
    )
    return { logsByRoom, histories: this.histories, receivedAt: receivedAtReader(), now: now() }
  }
}

function usedByProcessMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
