// What a hub remembers beside the rooms: who may use its API, and which spokes it has seen. Kept in files or in Redis.
import { z } from 'zod'
import { idSchema } from '#common/post.ts'
import type { TokenRecord } from './tokens.ts'

export const spokesMax = 10_000
/** Not reported for so long, a spoke counts as away: its instance died without a word. */
export const spokeAwayMs = 150_000

/** Spokes that wait to be approved; whoever has the secret can come with any number of identities. */
export const pendingMax = 1000
/** So long it is shown that an identity was used in two places. */
const clonedShownMs = 24 * 3_600_000

export const clonedSchema = z.object({
  /** Where the two machines were, the one that is served first. */
  addresses: z.array(z.string()).length(2),
  /** Unix ms of the last refusal. */
  at: z.int().min(0),
})
export type Cloned = z.infer<typeof clonedSchema>

export const spokeRecordSchema = z.object({
  id: idSchema,
  name: z.string(),
  /** Unix ms. */
  lastSeenAt: z.int().min(0),
  /** Address it last came from. */
  address: z.string(),
  software: z.string(),
  /** Hub instance that holds, or last held, its link. */
  instance: z.string(),
  connected: z.boolean(),
  /** Two machines have its identity: one of them is refused. */
  cloned: clonedSchema.optional(),
})
export type SpokeRecord = z.infer<typeof spokeRecordSchema>

/** All methods: @throws StoreUnavailableError when the store is away or too slow. */
export interface Registry {
  /** The record of a token, at most 5 s old; undefined when the token is unknown, revoked or malformed. */
  findToken(token: string): Promise<TokenRecord | undefined>
  /** All tokens, the oldest first. */
  tokens(): Promise<TokenRecord[]>
  /** @throws RequestError when the name is taken or there are 1,000 tokens. */
  addToken(record: TokenRecord): Promise<void>
  /** Removes the token with this id or name and gives its record; undefined when there is none. */
  removeToken(idOrName: string): Promise<TokenRecord | undefined>
  /**
   * Call when a link is proved and allowed, every minute while it lives, and when it ends unless a newer link took its place.
   * Beyond 10,000 spokes the ones not seen for long are forgotten.
   */
  spokeSeen(spoke: SpokeRecord): Promise<void>
  /** A second machine with the identity of a spoke was refused. */
  spokeCloned(id: string, cloned: Cloned): Promise<void>
  /** A proved spoke was refused because nobody has approved it yet. Of those there are 1,000, the newest; they displace no others. */
  spokePending(spoke: SpokeRecord): Promise<void>
  /** Somebody has decided about it. */
  notPending(id: string): Promise<void>
  /** As if it had never been seen. */
  forgetSpoke(id: string): Promise<void>
  /** All spokes that were linked, by name. */
  spokes(): Promise<SpokeRecord[]>
  /** Those that wait, by name. */
  pending(): Promise<SpokeRecord[]>
  close(): Promise<void>
}

/** By name, and those of one name by id. */
export function byName(a: Pick<SpokeRecord, 'name' | 'id'>, b: Pick<SpokeRecord, 'name' | 'id'>): number {
  return a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1)
}

/** `spokes` in the order shown, `connected` cleared where nobody has reported it for `spokeAwayMs` at `now` (Unix ms). */
export function spokesAsShown(spokes: Iterable<SpokeRecord>, now: number): SpokeRecord[] {
  return [...spokes]
    .map(({ cloned, ...spoke }) => ({
      ...spoke,
      connected: spoke.connected && now - spoke.lastSeenAt < spokeAwayMs,
      ...(cloned && now - cloned.at < clonedShownMs && { cloned }),
    }))
    .sort(byName)
}
