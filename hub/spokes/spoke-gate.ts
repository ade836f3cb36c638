// Lets spokes in as operators have decided: answers from memory, and ends the links of those whose rights have changed.
import type { Enrol } from '#common/config/hub-conf.ts'
import { LinkError, StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'
import type { Hello, RoomGrant } from '#common/protocol/frames.ts'
import type { Peer } from '#common/protocol/greet.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { allowedOf, deedsOf, type SpokeRights, sameGrants } from '../rights/rights.ts'
import { RightsBook } from '../rights/rights-book.ts'
import { isCanonicalId } from '../rights/spoke-list.ts'
import type { HubStore } from '../store/hub-store.ts'
import { TurnedAway } from './turned-away.ts'

export interface SpokeGateOptions {
  enrol: Enrol
  store: Pick<HubStore, 'registry' | 'rights' | 'onRights'>
  links: LiveLinks
  log: Log
  instance: string
  /** Somebody has decided so, here or elsewhere. Must not reject. */
  onForgotten?: (id: string) => Promise<void>
}

/** Of many at once; the audit trail has all. */
const changesLogged = 20

/** What a spoke asked for, and what its rights gave it of that. */
interface Asked {
  wanted: readonly RoomGrant[]
  allowed: readonly RoomGrant[]
}

export class SpokeGate {
  readonly #o: SpokeGateOptions
  readonly #book: RightsBook
  readonly #turnedAway = new TurnedAway()
  /** By the list that was granted, which a link keeps as long as it lives. */
  readonly #askedByGrant = new WeakMap<readonly RoomGrant[], Asked>()
  #refusals = 0

  private constructor(options: SpokeGateOptions, book: RightsBook) {
    this.#o = options
    this.#book = book
    options.store.onRights(() => book.look())
    book.subscribe(changed => this.#changed(changed))
  }

  static async open(options: SpokeGateOptions): Promise<SpokeGate> {
    const { enrol, store, log } = options
    return new SpokeGate(options, await RightsBook.open({ store: store.rights, enrol, log }))
  }

  /** Since the start: how often a proved spoke was not let in. */
  get refusals(): number {
    return this.#refusals
  }

  /**
   * What a spoke that has not proved itself would get. A stranger may ask for any id: whether it is let in is not told here, only
   * which rooms are not for it. `fit` takes out what the hub has no place for. @throws StoreUnavailableError
   */
  grant({ id, rooms: wanted }: Hello, fit: (allowed: RoomGrant[]) => RoomGrant[]): RoomGrant[] {
    const allowed = this.#isLetIn(id) ? allowedOf(wanted, this.#book.get(id)) : [...wanted]
    const granted = fit(allowed)
    this.#askedByGrant.set(granted, { wanted, allowed })
    return granted
  }

  /** Call after the proof. @throws LinkError 4403 when no operator lets it in, StoreUnavailableError */
  async admit(peer: Peer, address: string): Promise<void> {
    const fault = this.#fault(peer)
    if (fault?.code === closeCodes.revoked) {
      this.#refusals += 1
      if (this.#book.standing(peer.id) === 'pending') await this.#notePending(peer, address)
    }
    if (fault !== undefined) throw fault
  }

  /** Right before the link goes live: what was decided meanwhile must not be missed. @throws LinkError */
  recheck(peer: Peer): void {
    const fault = this.#fault(peer)
    if (fault !== undefined) throw fault
  }

  /** Somebody has decided something at this instance: when it resolves that holds here. */
  refresh(): Promise<void> {
    return this.#book.refresh()
  }

  close(): Promise<void> {
    return this.#book.close()
  }

  #isLetIn(id: string): boolean {
    const standing = this.#book.standing(id)
    return standing === 'approved' || standing === 'open'
  }

  /** Why there must not be a link, or not this one. */
  #fault(peer: Peer): LinkError | undefined {
    const { id, rooms } = peer
    if (!isCanonicalId(id)) return new LinkError(closeCodes.protocol, 'its id is not written as every other is')
    if (!this.#isLetIn(id)) return this.#refusal(peer)
    const asked = this.#askedByGrant.get(rooms)
    if (asked === undefined || sameGrants(asked.allowed, allowedOf(asked.wanted, this.#book.get(id)))) return undefined
    return new LinkError(closeCodes.regrant, 'an operator of the hub has changed its rights', { retryAfterMs: 0 })
  }

  #refusal({ id, name }: Peer): LinkError {
    const retryAfterMs = this.#turnedAway.waitMs(id)
    const command = `federation-hub spokes approve ${id}`
    if (this.#book.standing(id) === 'pending') {
      const words = `"${name}" is not yet approved: ${command}`
      const told = `not yet approved at this hub: its operator says ${command}`
      return new LinkError(closeCodes.revoked, words, { told, retryAfterMs })
    }
    const why = this.#book.get(id)?.why
    const because = why === undefined ? '' : ` (${why})`
    const told = `revoked at this hub${because}: its operator may say ${command}`
    return new LinkError(closeCodes.revoked, `"${name}" (id ${id}) is revoked${because}`, { told, retryAfterMs })
  }

  /** The list is for people to look at: a store that is away must not change what the spoke is told. */
  async #notePending({ id, name, software }: Peer, address: string): Promise<void> {
    const { store, instance, log } = this.#o
    const spoke = { id, name, software, address, instance, connected: false, lastSeenAt: Date.now() }
    try {
      await store.registry.spokePending(spoke)
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) log.error({ err: error }, 'a spoke that waits could not be noted')
    }
  }

  #changed(changed: readonly SpokeRights[]): void {
    for (const { id, state } of changed) {
      if (state !== 'forgotten') continue
      void this.#forget(id)
      void this.#o.onForgotten?.(id)
    }
    for (const rights of changed.slice(0, changesLogged)) this.#o.log.info(changedLine(rights))
    // A link that has said goodbye may be here for some seconds more.
    for (const link of this.#o.links.all()) {
      const fault = link.isOver ? undefined : this.#fault(link.peer)
      if (fault !== undefined) link.close(fault.code, fault.told, fault.retryAfterMs)
    }
  }

  /** The command line beside an embedded hub cannot reach into its memory. */
  async #forget(id: string): Promise<void> {
    const { store, links, log } = this.#o
    if (links.get(id) !== undefined) return
    try {
      await store.registry.forgetSpoke(id)
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) log.error({ err: error }, 'a spoke could not be forgotten')
    }
  }
}

/** In the log of every instance when it holds there. */
function changedLine({ id, name, state, rooms }: SpokeRights): string {
  const named = Object.entries(rooms).map(([room, right]) => `, room "${room}": may ${deedsOf(right)}`)
  return `rights of ${name === '' ? '' : `"${name}" `}(id ${id}) hold here now: ${state}${named.slice(0, changesLogged).join('')}`
}
