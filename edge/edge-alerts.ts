// What an edge tells its operators: its own troubles, those of its links, and posts that are lost; by the rules that a hub has, too.
import { z } from 'zod'
import { Alerts } from '#common/alerts/alerts.ts'
import { alertsInMeta } from '#common/alerts/alerts-in-meta.ts'
import { tellOfGaps } from '#common/alerts/gap-alerts.ts'
import { edgeRules, type Rule, type Watched } from '#common/alerts/rules.ts'
import { isFirstLook, lookAt, lookEveryMs, type Troubles, toldOf, troublesSchema } from '#common/alerts/troubles.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { fromJson } from '#common/json.ts'
import type { City } from '#common/network.ts'
import type { EdgeParts } from './edge-parts.ts'
import { isStandIn } from './network/city-of.ts'

const metaKey = 'troubles'
/** Servers that are not there, and of which a trouble is to be ended once they are. */
const absentMax = 100

const keptSchema = z.record(z.string(), troublesSchema)

export type EdgeAlertsParts = Pick<EdgeParts, 'store' | 'links' | 'logs' | 'clock' | 'log'>

export class EdgeAlerts {
  readonly alerts: Alerts
  readonly #parts: EdgeAlertsParts
  readonly #cities: () => Promise<readonly City[]>
  readonly #rules: readonly Rule[] = edgeRules()
  #kept: Record<string, Troubles>
  #lookedAt: number | undefined
  #isLooking = false
  #timer: NodeJS.Timeout | undefined

  /** `cities`: this one, and the servers it should be linked to. */
  constructor(parts: EdgeAlertsParts, cities: () => Promise<readonly City[]>) {
    const { store, links, logs, clock, log } = parts
    this.#parts = parts
    this.#cities = cities
    this.alerts = new Alerts({ store: alertsInMeta(store.meta), log, now: () => clock.now() })
    this.#kept = fromJson(keptSchema, store.meta.get(metaKey)) ?? {}
    tellOfGaps({ links, alerts: this.alerts, logOf: room => logs.find(postLog => postLog.room === room), log })
  }

  /** Looks now and then, until `stop`. */
  start(): void {
    this.#timer ??= setInterval(() => void this.look(), lookEveryMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Never throws; not while it looks already. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      await this.#lookAtAll((await this.#cities()).map(watchedBy))
    } catch (error) {
      // The store says itself when it is away.
      if (!(error instanceof StoreUnavailableError))
        this.#parts.log.error({ err: error }, 'the troubles of this server could not be looked at')
    } finally {
      this.#isLooking = false
    }
  }

  async #lookAtAll(servers: readonly WatchedServer[]): Promise<void> {
    const at = this.#parts.clock.now()
    const isFirst = isFirstLook(this.#lookedAt, at)
    this.#lookedAt = at
    const kept = this.#toldOfAbsent(servers)
    for (const { watched, spoke } of servers) {
      const look = { rules: this.#rules, at, isFirst }
      const { troubles, due } = lookAt(watched, this.#kept[watched.id] ?? {}, look)
      for (const { spoke: _key, ...raised } of due) {
        // The log has its own lines of certificates.
        const isLogged = raised.kind.startsWith('certificate')
        await this.alerts.raise({ ...raised, ...(spoke !== undefined && { spoke }), isLogged })
      }
      if (Object.keys(troubles).length > 0) kept[watched.id] = troubles
    }
    this.#keep(kept)
  }

  /** A peer that the config does not name is known only while it is linked. The newest of them. */
  #toldOfAbsent(servers: readonly WatchedServer[]): Record<string, Troubles> {
    const absent = { ...this.#kept }
    for (const { watched } of servers) delete absent[watched.id]
    const told = Object.entries(absent).map(([id, troubles]) => [id, toldOf(troubles)] as const)
    return Object.fromEntries(told.filter(([, troubles]) => Object.keys(troubles).length > 0).slice(-absentMax))
  }

  #keep(kept: Record<string, Troubles>): void {
    const before = JSON.stringify(this.#kept)
    const after = JSON.stringify(kept)
    this.#kept = kept
    if (after !== before) this.#parts.store.meta.set(metaKey, after)
  }
}

/** A hub is known by no id before the first link, a peer maybe not: their troubles must outlast that, and a restart. */
interface WatchedServer {
  /** `id` tells it apart here. */
  watched: Watched
  /** Its real id; none of the hub, of which there is one. */
  spoke?: string
}

function watchedBy(city: City): WatchedServer {
  const { id, name, role, self } = city
  // Nobody but this server itself tells it that.
  if (self !== null) return { watched: city, spoke: id }
  if (role === 'hub') return { watched: { ...city, id: 'hub' } }
  const watched = { ...city, id: `peer ${name}` }
  return isStandIn(city) ? { watched } : { watched, spoke: id }
}
