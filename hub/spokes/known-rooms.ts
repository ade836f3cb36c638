// The names of the hub's rooms in memory, a few seconds old at most: who says hello must not cost a question to the store.
import type { HubStore } from '../store/hub-store.ts'

const freshMs = 2000

export class KnownRooms {
  readonly #store: Pick<HubStore, 'rooms'>
  readonly #now: () => number
  #names: Set<string> | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<Set<string>> | undefined

  /** `now`: monotonic ms. */
  constructor(store: Pick<HubStore, 'rooms'>, now: () => number = () => performance.now()) {
    this.#store = store
    this.#now = now
  }

  /** @throws StoreUnavailableError as long as they could never be read */
  async names(): Promise<ReadonlySet<string>> {
    if (this.#now() - this.#askedAt > freshMs) void this.#ask()
    return this.#names ?? this.#asking ?? this.#ask()
  }

  /** Rooms that were made here. */
  add(rooms: readonly string[]): void {
    for (const room of rooms) this.#names?.add(room)
  }

  #ask(): Promise<Set<string>> {
    if (this.#asking !== undefined) return this.#asking
    this.#askedAt = this.#now()
    const asking = this.#store.rooms().then(rooms => {
      this.#names = new Set(rooms)
      return this.#names
    })
    this.#asking = asking.finally(() => {
      this.#asking = undefined
    })
    // Who has an older list does with it.
    this.#asking.catch(() => {})
    return this.#asking
  }
}
