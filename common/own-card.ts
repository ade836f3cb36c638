// This server's own card: signed when what it says has changed, and now and then, so that the others see it is alive.
import type { Identity } from './identity.ts'
import type { Log } from './log.ts'
import { cardName, gatewaysMax, latestCardAt, type ServerCard, signCard } from './server-card.ts'
import type { ServerDirectory } from './server-directory.ts'

const hourMs = 3_600_000
const renewMs = 7 * 24 * hourMs
/** Keys of the last run are kept so long: a companion radio says who it is only when it is there. */
const keptKeysMs = hourMs
/** Somebody else who signs with our key is answered so many times; then there are two of us, and it must not go on for ever. */
const reclaimsMax = 3

export interface OwnCardOptions {
  identity: Identity
  name: string
  directory: ServerDirectory
  /** Unix ms, as stamped on posts. */
  now: () => number
  log: Log
  /** Monotonic ms. */
  ticks?: () => number
}

export class OwnCard {
  readonly directory: ServerDirectory
  readonly #o: Required<OwnCardOptions>
  readonly #name: string
  readonly #keysByHolder = new Map<string, readonly string[]>()
  readonly #keptKeys: readonly string[]
  readonly #startedAt: number
  readonly #timer: NodeJS.Timeout
  readonly #unsubscribe: () => void
  #reclaims = 0

  /** Give it a directory that has been read from the disk: its card there is gone on from. */
  constructor(options: OwnCardOptions) {
    this.#o = { ticks: () => performance.now(), ...options }
    const { directory, identity, name, ticks } = this.#o
    this.directory = directory
    this.#name = cardName(name)
    this.#keptKeys = directory.get(identity.id)?.card.gateways ?? []
    this.#startedAt = ticks()
    this.#unsubscribe = directory.subscribe(ids => ids.includes(identity.id) && this.#reclaim())
    this.#timer = setInterval(() => this.#upkeep(), hourMs)
    this.#timer.unref()
    this.refresh()
  }

  /**
   * Says by which radio identities this server sends: 32-byte public keys in hex. Each `holder` (the rooms, a companion
   * radio) answers for its own keys; what it said before is replaced.
   */
  setGateways(holder: string, keys: readonly string[]): void {
    this.#keysByHolder.set(
      holder,
      keys.map(key => key.toLowerCase()),
    )
    this.refresh()
  }

  /** Signs a new card when the last one is no longer true, or a week old. */
  refresh(): void {
    const { directory, identity } = this.#o
    const kept = directory.get(identity.id)?.card
    if (kept === undefined || !this.#isTrue(kept) || this.#o.now() - kept.at >= renewMs) this.#sign(kept?.at ?? 0)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#unsubscribe()
  }

  #upkeep(): void {
    this.#o.directory.forgetOld()
    this.refresh()
  }

  /** `lastAt`: also when our clock was ahead and has been set back, the new card is the later one. */
  #sign(lastAt: number): void {
    const { identity, directory } = this.#o
    const now = this.#o.now()
    const at = Math.max(lastAt + 1, now < latestCardAt ? now : 0)
    if (at > latestCardAt) return
    const card = signCard({ id: identity.id, name: this.#name, gateways: this.#gateways(), at }, identity)
    directory.learn([{ card, rooms: [], from: identity.id }])
  }

  /** A card of ours that we have not signed comes from an older disk of ours, or from somebody with our key. */
  #reclaim(): void {
    const kept = this.#o.directory.get(this.#o.identity.id)?.card
    if (kept === undefined || this.#isTrue(kept)) return
    this.#reclaims += 1
    if (this.#reclaims > reclaimsMax)
      this.#o.log.warn(`somebody else signs with our identity, and calls itself "${kept.name}": it must have its own`)
    else this.refresh()
  }

  #isTrue({ name, gateways }: ServerCard): boolean {
    if (this.#reclaims > reclaimsMax) return true
    const ours = this.#gateways()
    return name === this.#name && gateways.length === ours.length && ours.every(key => gateways.includes(key))
  }

  #gateways(): string[] {
    const isEarly = this.#o.ticks() - this.#startedAt < keptKeysMs
    const held = [...this.#keysByHolder.values()].flat()
    const keys = [...new Set([...held, ...(isEarly ? this.#keptKeys : [])])].slice(0, gatewaysMax)
    return keys.sort()
  }
}
