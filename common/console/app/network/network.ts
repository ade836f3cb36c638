// The picture of the network, asked for every few seconds: which cities there are, how they are, and what servers are called.
import { batch, computed, signal } from '@preact/signals'
import type { City, Network as NetworkAnswer, NetworkServer } from '#common/network.ts'
import type { Api } from '../server/api.ts'
import { ownOf } from '../server/own-of.ts'
import { poll } from '../server/poll.ts'
import { hasHoles, merged } from './merge.ts'

const everyMs = 3000
const hiddenMs = 30_000

export interface NetworkOptions {
  api: Pick<Api, 'ask'>
  /** The browser's clock in Unix ms, and one in ms that nobody sets. */
  clock: () => number
  ticks: () => number
}

export class Network {
  readonly server = signal<NetworkServer | undefined>(undefined)
  readonly cities = signal<readonly City[]>([])
  readonly names = signal<Readonly<Record<string, string>>>({})
  /** Unix ms by the server's clock, of the newest answer; 0: there was none. */
  readonly at = signal(0)
  /** Why the last try failed; empty when it did not. */
  readonly fault = signal('')
  readonly byId = computed(() => new Map(this.cities.value.map(city => [city.id, city])))
  readonly #o: NetworkOptions
  #known: NetworkAnswer | undefined
  /** Counts the questions; and which of them the newest answer was to. */
  #asked = 0
  #answered = 0
  /** The server's clock minus the ticks of this browser; until the server has answered the browser's own clock counts. */
  #offMs: number

  constructor(options: NetworkOptions) {
    this.#o = options
    this.#offMs = options.clock() - options.ticks()
  }

  /** Unix ms, whole ones, by the server's clock, which stamps posts and alerts: that of a browser may be wrong by days. */
  readonly now = (): number => Math.round(this.#o.ticks() + this.#offMs)

  /** Until the returned function is called. */
  start(): () => void {
    return poll(signal => this.#load(signal), { everyMs, hiddenMs, isHidden: () => document.hidden })
  }

  /** What a server is called; the begin of its id where nobody knows. */
  nameOf(id: string): string {
    return ownOf(this.names.value, id) ?? id.slice(0, 8)
  }

  /** False of a city that is gone, or that operators keep out; true of what may yet be told. */
  mayTell(id: string): boolean {
    const server = this.server.value
    if (server === undefined || server.id === id) return true
    const standing = this.byId.value.get(id)?.standing
    return standing === 'approved' || standing === 'open'
  }

  /** Asks at once, and for all of it: something was decided. */
  async refresh(): Promise<void> {
    this.#known = undefined
    await this.#load(new AbortController().signal)
  }

  async #load(signal: AbortSignal): Promise<void> {
    // What came while this was asked for has nothing to do with the answer.
    const before = this.#known
    this.#asked += 1
    const turn = this.#asked
    try {
      const since = before === undefined ? '' : `?since=${before.at}`
      const known = merged(before, await this.#o.api.ask<NetworkAnswer>(`/api/v1/network${since}`, { signal }))
      // Not by the times of the answers: the server's clock may have been set back.
      if (turn < this.#answered) return
      this.#answered = turn
      // With a hole everything is asked for the next time; what is there is shown meanwhile.
      this.#known = hasHoles(known) ? undefined : known
      this.#show(known)
    } catch (error) {
      this.fault.value = error instanceof Error ? error.message : String(error)
    }
  }

  #show({ at, server, cities, names }: NetworkAnswer): void {
    this.#offMs = at - this.#o.ticks()
    batch(() => {
      this.at.value = at
      this.server.value = server
      this.cities.value = cities
      this.names.value = names
      this.fault.value = ''
    })
  }
}
