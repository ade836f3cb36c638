// The spokes linked to this instance: each has one live link over all instances, and a record in the registry.
import type { Alerts } from '#common/alerts/alerts.ts'
import { LinkError, StoreUnavailableError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import { closeCodes, type LinkEnd } from '#common/protocol/close-codes.ts'
import type { Peer } from '#common/protocol/greet.ts'
import type { Link } from '#common/protocol/link.ts'
import { LinkGuard, type LinkSeat, newLinkToken, renewMs } from '#common/protocol/link-guard.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { SaidLately } from '#common/said-lately.ts'
import type { HubStore } from '../store/hub-store.ts'
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

interface Seated {
  seat: LinkSeat
  link: Link
}

export class Spokes {
  readonly #o: SpokesOptions
  readonly #guard: LinkGuard
  readonly #seatedById = new Map<string, Seated>()
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

  /** Takes the one seat of a proved spoke. @throws LinkError 4409 when another machine has it, StoreUnavailableError */
  async seat(peer: Peer, address: string): Promise<LinkSeat> {
    const seat = { serverId: peer.id, boot: peer.boot, link: newLinkToken(), address }
    const verdict = await this.#guard.take(seat, peer.name)
    if (!verdict.accepted) {
      this.#clonesRefused += 1
      const { addresses } = verdict
      await this.#tolerate(() => this.#cloned(peer, addresses))
      throw new LinkError(closeCodes.replaced, verdict.reason)
    }
    if (verdict.fences !== undefined) await this.#o.store.publishFence(peer.id, seat.link)
    return seat
  }

  /** Serves a seated link until it ends. */
  async serve(link: Link, seat: LinkSeat): Promise<LinkEnd> {
    const seated = { seat, link }
    this.#seatedById.set(seat.serverId, seated)
    // A newer link may have taken over since it was seated, when there was no link to fence yet.
    void this.#tolerate(() => this.#renew(seated))
    const closeAccount = this.#o.bytes.open(seat.serverId, link.transport, link.peer.wanBytesPerDay)
    const end = await this.#o.links.live(link, 'in')
    closeAccount()
    if (this.#seatedById.get(seat.serverId) === seated) this.#seatedById.delete(seat.serverId)
    void this.#tolerate(async () => {
      if (await this.#guard.release(seat)) await this.#report(seated, false)
    })
    return end
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #fence(spokeId: string, link: string): void {
    const seated = this.#seatedById.get(spokeId)
    if (seated === undefined || seated.seat.link === link) return
    seated.link.close(closeCodes.replaced, 'a newer link of the same identity took over', 0)
  }

  async #renewAll(): Promise<void> {
    // A store that is slow or away must not have the rounds pile up.
    if (this.#isRenewing) return
    this.#isRenewing = true
    for (const seated of [...this.#seatedById.values()]) await this.#tolerate(() => this.#renew(seated))
    this.#isRenewing = false
  }

  async #renew(seated: Seated): Promise<void> {
    // It has ended while others were renewed, and must not be called alive again.
    if (this.#seatedById.get(seated.seat.serverId) !== seated) return
    if (await this.#guard.renew(seated.seat)) return this.#report(seated, true)
    seated.link.close(closeCodes.replaced, 'a newer link of the same identity took over', 0)
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

  #report({ seat, link: { peer } }: Seated, connected: boolean): Promise<void> {
    const { id, name, software } = peer
    const { instance, store } = this.#o
    return store.registry.spokeSeen({
      id,
      name,
      software,
      instance,
      connected,
      address: seat.address,
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
