// All rights of spokes in the memory of an instance, so that nobody who says hello costs a question to the store: read again
// when the store has another version of them, and written again where it has lost some.
import type { Enrol } from '#common/config/hub-conf.ts'
import { RequestError, StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { Watch } from '../store/watch.ts'
import { isGone, type SpokeRights, type Standing, standingOf } from './rights.ts'
import type { RightsStore } from './rights-store.ts'

const pollMs = 2000
/** So long a record that is forgotten is kept, for instances that were away. */
const forgottenKeepMs = 24 * 3_600_000

export interface RightsBookOptions {
  store: RightsStore
  enrol: Enrol
  log: Log
  /** How often the store is asked for its version; default 2 s. */
  everyMs?: number
  /** Unix ms. */
  now?: () => number
}

export class RightsBook {
  readonly #o: RightsBookOptions
  readonly #now: () => number
  readonly #listeners = new Set<(changed: readonly SpokeRights[]) => void>()
  #byId: ReadonlyMap<string, SpokeRights> | undefined
  #version: string | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #watch: Watch | undefined
  /** One look after the other: an older answer must not come last. */
  #looking: Promise<void> = Promise.resolve()

  private constructor(options: RightsBookOptions) {
    this.#o = options
    this.#now = options.now ?? Date.now
  }

  /** Resolves when it has what the store has; or does not, where the store is away: then that comes later. */
  static async open(options: RightsBookOptions): Promise<RightsBook> {
    const book = new RightsBook(options)
    await book.refresh()
    book.#watch = new Watch(() => book.refresh(), options.everyMs ?? pollMs)
    return book
  }

  /** What was decided about a spoke. @throws StoreUnavailableError as long as that could never be read */
  get(id: string): SpokeRights | undefined {
    if (this.#byId === undefined) throw new StoreUnavailableError('the rights of spokes are not read yet')
    const rights = this.#byId.get(id)
    return isGone(rights) ? undefined : rights
  }

  /** @throws StoreUnavailableError as `get` */
  standing(id: string): Standing {
    return standingOf(this.get(id), this.#o.enrol)
  }

  /** Calls back after every change, with the records that are new or other ones than before, until the returned function is called. */
  subscribe(listener: (changed: readonly SpokeRights[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Somebody says that there is news. */
  look(): void {
    this.#watch?.look()
  }

  /** Resolves when what the store had at the call holds here; or does not, where the store is away. Never rejects. */
  refresh(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look())
    return this.#looking
  }

  async close(): Promise<void> {
    await this.#watch?.close()
  }

  async #look(): Promise<void> {
    const { store, log } = this.#o
    try {
      const version = await store.version()
      if (version !== this.#version) await this.#read()
      this.#version = version
      this.#lookedAt = this.#now()
    } catch (error) {
      if (error instanceof StoreUnavailableError) log.debug(`rights of spokes wait for the store: ${error.message}`)
      else log.error({ err: error }, 'the rights of spokes could not be read')
    }
  }

  async #read(): Promise<void> {
    const before = this.#byId ?? new Map<string, SpokeRights>()
    const byId = new Map((await this.#o.store.all()).map(rights => [rights.id, rights]))
    for (const lost of this.#lostOf(before, byId)) byId.set(lost.id, await this.#restore(lost))
    for (const rights of byId.values()) if (this.#isOver(rights)) await this.#o.store.remove(rights)
    this.#byId = byId
    const changed = [...byId.values()].filter(rights => rights.at !== before.get(rights.id)?.at)
    const isAnyGone = [...before.keys()].some(id => !byId.has(id))
    if (changed.length > 0 || isAnyGone) for (const listener of this.#listeners) listener(changed)
  }

  /** A store that has lost writes lacks what we have read there. Who was cut off for long knows less than the store does. */
  #lostOf(before: ReadonlyMap<string, SpokeRights>, stored: ReadonlyMap<string, SpokeRights>): SpokeRights[] {
    if (!this.#o.store.losesWrites || this.#now() - this.#lookedAt > forgottenKeepMs / 2) return []
    // Long before it is removed: an instance whose clock is ahead would remove it again, and again.
    const isLost = (rights: SpokeRights) =>
      rights.at > (stored.get(rights.id)?.at ?? 0) && !this.#isOver(rights, forgottenKeepMs / 2)
    return [...before.values()].filter(isLost)
  }

  /** It holds here all the same when the store is at its limit. */
  #restore(lost: SpokeRights): Promise<SpokeRights> {
    return this.#o.store
      .update(lost.id, stored => (stored !== undefined && stored.at >= lost.at ? stored : lost))
      .catch((error: unknown) => {
        if (error instanceof RequestError) return lost
        throw error
      })
  }

  #isOver(rights: SpokeRights, keepMs = forgottenKeepMs): boolean {
    return rights.state === 'forgotten' && this.#now() - rights.at > keepMs
  }
}
