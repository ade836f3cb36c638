// One live link per server: a newer link fences the older one, and a second machine with the same identity is kept out.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Log } from '../log.ts'
import { NewestMap } from '../newest.ts'

/** A fenced boot that comes back within this time shows that two machines share one identity. */
export const fencedMemoryMs = 600_000
/** Every live link is renewed at least this often. */
export const renewMs = 60_000
/** Not renewed for so long, a link is not taken for alive any more: its instance died without a word. */
const aliveMs = 150_000
/** A server that crashes at every start must not fill the memory. */
const fencedMax = 16

/** A link in the one seat of its server. */
const linkSeatSchema = z.object({
  serverId: z.string(),
  /** Random per process start of that server, from its hello. */
  boot: z.string(),
  /** Names this link among all links of all instances. */
  link: z.string(),
  /** Where the link comes from; only shown. */
  address: z.string(),
})
export type LinkSeat = z.infer<typeof linkSeatSchema>

const currentLinkSchema = linkSeatSchema.extend({ renewedAt: z.int(), ended: z.boolean() })
const fencedBootSchema = z.object({ boot: z.string(), address: z.string(), at: z.int() })

/** Times in Unix ms. */
export const guardStateSchema = z.object({
  current: currentLinkSchema.optional(),
  /** Boots of this server that another boot took over from, the oldest first. */
  fenced: z.array(fencedBootSchema).max(fencedMax),
})
/** What is remembered of one server. */
export type GuardState = z.infer<typeof guardStateSchema>
type CurrentLink = z.infer<typeof currentLinkSchema>
type FencedBoot = z.infer<typeof fencedBootSchema>

export type Verdict =
  /** `fences`: the older link, to be closed wherever it ends. */
  | { accepted: true; fences?: LinkSeat }
  /** Close the newcomer with code 4409 and this reason; `addresses`: of the one that is served, and of the newcomer. */
  | { accepted: false; reason: string; addresses: [string, string] }

export interface Decision {
  state: GuardState
  verdict: Verdict
}

/** Where the state of each server is kept, for one instance or for all of them. */
export interface GuardStore {
  /**
   * Replaces the state of a server by what `change` makes of it, with nobody in between; `change` may be called again.
   * The state may be forgotten `guardKeepMs` after its last change. @throws StoreUnavailableError
   */
  update<T extends { state: GuardState }>(serverId: string, change: (state: GuardState) => T): Promise<T>
}

/** Longer than everything remembered: a state untouched for so long says nothing any more. */
export const guardKeepMs = fencedMemoryMs + aliveMs

export function newLinkToken(): string {
  return randomBytes(12).toString('base64url')
}

/** Decides about a proved newcomer. The same boot again, or a boot never seen, takes the place of the current link. */
export function decide(state: GuardState, newcomer: LinkSeat, now: number): Decision {
  const { current } = state
  const fenced = state.fenced.filter(({ at }) => now - at < fencedMemoryMs)
  const seated = { ...newcomer, renewedAt: now, ended: false }
  if (current === undefined) return { state: { current: seated, fenced }, verdict: { accepted: true } }
  if (current.boot !== newcomer.boot) {
    const earlier = fenced.find(({ boot }) => boot === newcomer.boot)
    if (earlier !== undefined) return refusal(current, { ...earlier, address: newcomer.address }, { fenced, now })
    fenced.push({ boot: current.boot, address: current.address, at: now })
  }
  const fences = current.ended ? {} : { fences: linkSeatSchema.parse(current) }
  return { state: { current: seated, fenced: fenced.slice(-fencedMax) }, verdict: { accepted: true, ...fences } }
}

/**
 * While the rival is alive every try of the refused machine renews its exclusion: taking turns would mix two logs under one name.
 * Once the rival is gone it is let in when the memory ends.
 */
function refusal(
  current: CurrentLink,
  newcomer: FencedBoot,
  { fenced, now }: { fenced: FencedBoot[]; now: number },
): Decision {
  const others = fenced.filter(({ boot }) => boot !== newcomer.boot)
  const kept = isAlive(current, now) ? { ...newcomer, at: now } : newcomer
  const addresses: [string, string] = [current.address, newcomer.address]
  // A WebSocket's close reason has room for 123 bytes.
  const reason = `identity in use at ${addresses.join(' and at ')}: was a memory card copied?`
  return { state: { current, fenced: [...others, kept] }, verdict: { accepted: false, reason, addresses } }
}

function isAlive({ ended, renewedAt }: CurrentLink, now: number): boolean {
  return !ended && now - renewedAt < aliveMs
}

/** The state after a link says that it lives; `newest` is false when another link has taken its place. */
export function renewed(state: GuardState, seat: LinkSeat, now: number): { state: GuardState; newest: boolean } {
  const { current } = state
  // A store that has lost its memory learns it again from the links that live.
  if (current !== undefined && current.link !== seat.link) return { state, newest: false }
  return { state: { ...state, current: { ...seat, renewedAt: now, ended: false } }, newest: true }
}

/** The state after a link has ended; `newest` is false when another link had taken its place before. */
export function ended(state: GuardState, seat: LinkSeat): { state: GuardState; newest: boolean } {
  const { current } = state
  if (current?.link !== seat.link) return { state, newest: false }
  return { state: { ...state, current: { ...current, ended: true } }, newest: true }
}

export interface LinkGuardOptions {
  store: GuardStore
  log: Log
  /** Unix ms. */
  now?: () => number
}

/** All methods: @throws StoreUnavailableError when the store is away; what was decided before stays so. */
export class LinkGuard {
  readonly #store: GuardStore
  readonly #log: Log
  readonly #now: () => number

  constructor({ store, log, now = Date.now }: LinkGuardOptions) {
    this.#store = store
    this.#log = log
    this.#now = now
  }

  /** Asks for the one seat of this server; call after the proof and before anything is served. */
  async take(newcomer: LinkSeat, name: string): Promise<Verdict> {
    const { verdict } = await this.#store.update(newcomer.serverId, state => decide(state, newcomer, this.#now()))
    if (!verdict.accepted) this.#log.warn(`Federation peer "${name}" refused: ${verdict.reason}`)
    return verdict
  }

  /** True while this link is the newest of its server; call every `renewMs`, and close the link (4409) when it is false. */
  async renew(seat: LinkSeat): Promise<boolean> {
    const { newest } = await this.#store.update(seat.serverId, state => renewed(state, seat, this.#now()))
    return newest
  }

  /** The link has ended. True when it was still the newest of its server: then that is away. */
  async release(seat: LinkSeat): Promise<boolean> {
    const { newest } = await this.#store.update(seat.serverId, state => ended(state, seat))
    return newest
  }
}

/** The guard's memory of a hub of one instance. */
export class MemoryGuardStore implements GuardStore {
  readonly #statesById: NewestMap<string, GuardState>

  /** Beyond `serversMax` servers the one that has not changed for longest is forgotten. */
  constructor(serversMax = 20_000) {
    this.#statesById = new NewestMap(serversMax)
  }

  update<T extends { state: GuardState }>(serverId: string, change: (state: GuardState) => T): Promise<T> {
    const result = change(this.#statesById.get(serverId) ?? { fenced: [] })
    this.#statesById.set(serverId, result.state)
    return Promise.resolve(result)
  }
}
