// The spokes linked to this instance: each has one live link over all instances, and a record in the registry.

import type { Alerts } from '#common/alerts/alerts.ts'
import { LinkError, StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { closeCodes, type LinkEnd } from '#common/protocol/close-codes.ts'
import type { Peer } from '#common/protocol/greet.ts'
import type { Link } from '#common/protocol/link.ts'
import { type LinkClaim, LinkGuard, newLinkToken, renewMs } from '#common/protocol/link-guard.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { SaidLately } from '#common/said-lately.ts'
import type { HubStore } from '../hub-store.ts'
import type { ByteLedger } from '../upkeep/byte-ledger.ts'

export interface SpokesOptions {
  store: HubStore
  links: LiveLinks
  log: Log
  instance: string
  alerts: Pick<Alerts, 'raise'>
  bytes: Pick<ByteLedger, 'open'>
}

/** Spokes of whose copies an alert is raised once an hour. */
const alertedMax = 1000
const hourMs = 3_600_000

interface Claimed {
  claim: LinkClaim
  link: Link
}

export class Spokes {
  readonly #o: SpokesOptions
  readonly #guard: LinkGuard
  readonly #claimedById = new Map<string, Claimed>()
  readonly #timer: NodeJS.Timeout
  readonly #alertedLately = new SaidLately(alertedMax)
  #isRenewing = false
  #clonesRefused = 0

  constructor(options: SpokesOptions) {
    this.#o = options
    this.#guard = new LinkGuard({ store: options.store.guardStore, log: options.log })
    options.store.onFence((spokeId, link) => this.#fence(spokeId, link))
    this.#timer = setInterval(() => void this.#renewAll(), renewMs)
    this.#timer.unref()
  }

  /** Since the start: how often a second machine with the identity of a spoke was kept out. */
  get clonesRefused(): number {
    return this.#clonesRefused
  }

  /** Takes the one place of a proved spoke. @throws LinkError 4409 when another machine has it, StoreUnavailableError */
  async claim(peer: Peer, address: string): Promise<LinkClaim> {
    const claim = { serverId: peer.id, boot: peer.boot, link: newLinkToken(), address }
    const verdict = await this.#guard.claim(claim, peer.name)
    if (!verdict.accepted) {
      this.#clonesRefused += 1
      const { addresses } = verdict
      await this.#tolerate(() => this.#cloned(peer, addresses))
      throw new LinkError(closeCodes.replaced, verdict.reason)
    }
    if (verdict.fences !== undefined) await this.#o.store.publishFence(peer.id, claim.link)
    return claim
  }

  /** Serves a claimed link until it ends. */
  async serve(link: Link, claim: LinkClaim): Promise<LinkEnd> {
    const claimed = { claim, link }
    this.#claimedById.set(claim.serverId, claimed)
    // A newer link may have taken over since the claim, when there was no link to fence yet.
    void this.#tolerate(() => this.#renew(claimed))
    const closeAccount = this.#o.bytes.open(claim.serverId, link.transport, link.peer.wanBytesPerDay)
    const end = await this.#o.links.live(link, 'in')
    closeAccount()
    if (this.#claimedById.get(claim.serverId) === claimed) this.#claimedById.delete(claim.serverId)
    void this.#tolerate(async () => {
      if (await this.#guard.release(claim)) await this.#report(claimed, false)
    })
    return end
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #fence(spokeId: string, link: string): void {
    const claimed = this.#claimedById.get(spokeId)
    if (claimed === undefined || claimed.claim.link === link) return
    claimed.link.close(closeCodes.replaced, 'a newer link of the same identity took over', 0)
  }

  async #renewAll(): Promise<void> {
    // A store that is slow or away must not have the rounds pile up.
    if (this.#isRenewing) return
    this.#isRenewing = true
    for (const claimed of [...this.#claimedById.values()]) await this.#tolerate(() => this.#renew(claimed))
    this.#isRenewing = false
  }

  async #renew(claimed: Claimed): Promise<void> {
    // It has ended while others were renewed, and must not be called alive again.
    if (this.#claimedById.get(claimed.claim.serverId) !== claimed) return
    if (await this.#guard.renew(claimed.claim)) return this.#report(claimed, true)
    claimed.link.close(closeCodes.replaced, 'a newer link of the same identity took over', 0)
  }

  async #cloned({ id, name }: Peer, addresses: [string, string]): Promise<void> {
    const { store, alerts } = this.#o
    const at = Date.now()
    await store.registry.spokeCloned(id, { addresses, at })
    if (!this.#alertedLately.isNews(id)) return
    const text = `two machines have the identity of "${name}", at ${addresses.join(' and at ')}: the second is refused`
    // The machine that is kept out tries all instances.
    await alerts.raise({ kind: 'clone', spoke: id, text, once: `clone ${id} ${Math.floor(at / hourMs)}` })
  }

  #report({ claim, link: { peer } }: Claimed, connected: boolean): Promise<void> {
    const { id, name, software } = peer
    const { instance, store } = this.#o
    return store.registry.spokeSeen({
      id,
      name,
      software,
      instance,
      connected,
      address: claim.address,
      lastSeenAt: Date.now(),
    })
  }

  /** The registry is for people to look at: a store that is away must not end links. */
  async #tolerate(job: () => Promise<void>): Promise<void> {
    try {
      await job()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError))
        this.#o.log.error({ err: error }, 'the record of a spoke could not be kept')
    }
  }
}
