// The picture of the network, asked for every few seconds: which cities there are, how they are, and what servers are called.
import { computed, signal } from '@preact/signals'
import type { City, Network as NetworkAnswer, NetworkServer } from '#common/network.ts'
import type { Api } from '../server/api.ts'
import { poll } from '../server/poll.ts'

const everyMs = 3000
const hiddenMs = 30_000

export class Network {
  readonly server = signal<NetworkServer | undefined>(undefined)
  readonly cities = signal<readonly City[]>([])
  readonly names = signal<Readonly<Record<string, string>>>({})
  /** Why the last try failed; empty when it did not. */
  readonly fault = signal('')
  readonly byId = computed(() => new Map(this.cities.value.map(city => [city.id, city])))
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** Until the returned function is called. */
  start(): () => void {
    return poll(signal => this.#load(signal), { everyMs, hiddenMs, isHidden: () => document.hidden })
  }

  /** What a server is called; the begin of its id where nobody knows. */
  nameOf(id: string): string {
    return this.names.value[id] ?? id.slice(0, 8)
  }

  async #load(signal: AbortSignal): Promise<void> {
    try {
      const { server, cities, names } = await this.#api.ask<NetworkAnswer>('/api/v1/network', { signal })
      this.server.value = server
      this.cities.value = cities
      this.names.value = names
      this.fault.value = ''
    } catch (error) {
      this.fault.value = error instanceof Error ? error.message : String(error)
    }
  }
}
