// How an outbox serves its reader at the moment: asking by GUID, or shipping; and which posts that means.
import { type Entry, LOCAL } from '../post-log.ts'
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

/**
 * What of the entries behind `position` may be sent before the next question. With `asksFirst`, to a hub, unasked only what was
 * written here: what another server has brought us, that one or a third may have brought to the hub, too.
 */
export function dueOf(
  entries: readonly Entry[],
  mode: Mode,
  { position, held, asksFirst }: { position: number; held: HeldByPeer; asksFirst: boolean },
): readonly Entry[] {
  if (mode.name === 'shipping') return entries.slice(0, mode.until - position)
  const relayed = asksFirst ? entries.findIndex(entry => entry.from !== LOCAL && !held.has(entry)) : -1
  return relayed === -1 ? entries : entries.slice(0, relayed)
}
