// How an outbox serves its reader at the moment: asking by GUID, or shipping; and which posts that means.
import type { Entry } from '../post-log.ts'
import type { HeldByPeer } from './held-by-peer.ts'

export interface Offering {
  name: 'offering'
  asked?: number
  /** All that was there was offered once; what follows came in since. */
  wasAtHead?: boolean
}

export interface Shipping {
  name: 'shipping'
  wanted: ReadonlySet<string>
  until: number
}

/**
 * `offering`: the reader may hold many of our posts, its cursor says nothing here or it says so itself: it is asked which
 * ones up to `asked` it lacks. `shipping`: it answered; what it wants up to `until` is on its way. `following`: it gets all
 * that it has not sent or offered to us itself.
 */
export type Mode = { name: 'stopped' } | Offering | Shipping | { name: 'following' }

/** The GUIDs that the reader is to be asked about, and the mode until it answers; without any there is nothing to wait for. */
export function questionAbout(page: readonly Entry[], next: number, held: HeldByPeer): [string[], Offering | Shipping] {
  const guids = page.filter(entry => !held.has(entry)).map(entry => entry.guid)
  return [
    guids,
    guids.length > 0 ? { name: 'offering', asked: next } : { name: 'shipping', wanted: new Set(), until: next },
  ]
}

/** Which entries the reader gets. */
export function shippedIn(mode: Mode, held: HeldByPeer): (entry: Entry) => boolean {
  return mode.name === 'shipping' ? ({ guid }) => mode.wanted.has(guid) : entry => !held.has(entry)
}
