// Posts that one link has asked for and not yet got: the other links of this process wait for them before they ask for the same.
// Over several processes the log does the same (SharedClaims): it is asked by offer-answers.ts when nobody here is in the way.
import type { PostLog } from '../post-log.ts'

/** Whoever asks: one room on one link. */
export interface Claimant {
  /** The server at the other end. */
  readonly peerId: string
}

interface Claim {
  /** Asked for and not yet stored. */
  readonly guids: Set<string>
  /** Runs out when nothing of it is stored for so long, and when it has lasted for so long. */
  stall: NodeJS.Timeout
  readonly end: NodeJS.Timeout
  /** By `performance.now()`. */
  movedAt: number
  /** Lets the other processes have them. */
  release: () => void
}

/** Without a claimed post stored in so long, a claim has run out. */
export const claimStallMs = 10_000
/** A claim lasts no longer, however it drips. */
export const claimMaxMs = 30_000
/** A server that let a claim run out claims nothing for so long; it may ship all the same. */
export const claimBanMs = 5 * 60_000
/** A claim given up after so long without a post was as bad as one that ran out: a liar comes back on a new link. */
const idleMs = 2000
const bannedMax = 1000

const claimsByLog = new WeakMap<PostLog, Claims>()

/** Of all links of this process that take in posts of this log. */
export function claimsOf(log: PostLog): Claims {
  const claims = claimsByLog.get(log) ?? new Claims()
  claimsByLog.set(log, claims)
  return claims
}

/**
 * A claimant has one claim, of at most an offer's GUIDs, and claims nothing while it waits for others: so nobody waits
 * in a circle, and memory is bounded by the number of links. Every claim ends: stored, given up, or run out.
 */
export class Claims {
  readonly #claims = new Map<Claimant, Claim>()
  /** Ids of servers, with the timers that end their bans. */
  readonly #banned = new Map<string, NodeJS.Timeout>()
  readonly #waiting = new Set<() => void>()

  /** Is somebody else about to bring one of these? */
  heldByOthers(guids: readonly string[], asker: Claimant): boolean {
    const others = [...this.#claims].filter(([claimant]) => claimant !== asker).map(([, claim]) => claim.guids)
    return others.length > 0 && guids.some(guid => others.some(held => held.has(guid)))
  }

  /** Whatever it asks for, others need not wait for it. */
  isBanned(claimant: Claimant): boolean {
    return this.#banned.has(claimant.peerId)
  }

  /** The claimant has asked for these; what it claimed before it gives up. `release` is called when the claim ends. */
  claim(claimant: Claimant, guids: readonly string[], release = () => {}): void {
    this.#end(claimant)
    if (guids.length === 0 || this.isBanned(claimant)) return release()
    this.#claims.set(claimant, {
      guids: new Set(guids),
      stall: this.#timer(claimant, claimStallMs),
      end: this.#timer(claimant, claimMaxMs),
      movedAt: performance.now(),
      release,
    })
  }

  /** These came over the claimant's link and are stored. */
  stored(claimant: Claimant, guids: readonly string[]): void {
    const claim = this.#claims.get(claimant)
    if (claim === undefined) return
    const before = claim.guids.size
    for (const guid of guids) claim.guids.delete(guid)
    if (claim.guids.size === 0) return this.#end(claimant)
    if (claim.guids.size === before) return
    clearTimeout(claim.stall)
    claim.stall = this.#timer(claimant, claimStallMs)
    claim.movedAt = performance.now()
  }

  /** The range asked for is through: whatever of it did not come will not come from there. */
  done(claimant: Claimant): void {
    this.#end(claimant)
  }

  /** The claimant's link has ended, or begins anew. */
  giveUp(claimant: Claimant): void {
    const claim = this.#claims.get(claimant)
    if (claim !== undefined && performance.now() - claim.movedAt > idleMs) this.#ban(claimant.peerId)
    this.#end(claimant)
  }

  /** Resolves when the next claim ends, or `signal` aborts. */
  async ended(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    await new Promise<void>(resolve => {
      const goOn = () => {
        this.#waiting.delete(goOn)
        signal.removeEventListener('abort', goOn)
        resolve()
      }
      this.#waiting.add(goOn)
      signal.addEventListener('abort', goOn)
    })
  }

  #timer(claimant: Claimant, ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#ban(claimant.peerId)
      this.#end(claimant)
    }, ms).unref()
  }

  #end(claimant: Claimant): void {
    const claim = this.#claims.get(claimant)
    if (claim === undefined) return
    clearTimeout(claim.stall)
    clearTimeout(claim.end)
    this.#claims.delete(claimant)
    claim.release()
    for (const goOn of [...this.#waiting]) goOn()
  }

  #ban(peerId: string): void {
    clearTimeout(this.#banned.get(peerId))
    this.#banned.delete(peerId)
    this.#banned.set(peerId, setTimeout(() => this.#banned.delete(peerId), claimBanMs).unref())
    const [oldest] = this.#banned.keys()
    if (this.#banned.size <= bannedMax || oldest === undefined) return
    clearTimeout(this.#banned.get(oldest))
    this.#banned.delete(oldest)
  }
}
