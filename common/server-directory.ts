// The servers of the federation that this one knows of, by their cards: names for origins, and who is a gateway.
import { isNewer, joinCards, type KnownCard } from './server-card.ts'
import type { ServerStatus } from './status.ts'

/** Of other servers. */
export const cardsMax = 1000
/** Hex digits of a key below which it is no longer told from others by chance. */
const keyDigitsMin = 8

/** How long a server's card is of use that is no longer renewed: its last posts are kept so long, and a card is at most a week old. */
export function cardKeepMs(retentionDays: number): number {
  return (retentionDays + 14) * 86_400_000
}

export interface ServerDirectoryOptions {
  /** Id of this server: its own card is never let go. */
  selfId: string
  /** A card that was not renewed for so long is forgotten: no post of that server is kept any more. */
  keepMs: number
  /** Unix ms; of two clocks that disagree the earlier one says what is old. */
  now: () => number
}

/** Called with the ids of servers whose cards came, changed or were forgotten. */
export type CardsListener = (ids: readonly string[]) => void

export class ServerDirectory {
  readonly selfId: string
  readonly #o: ServerDirectoryOptions
  readonly #knownById = new Map<string, KnownCard>()
  readonly #listeners = new Set<CardsListener>()
  /** Keys of gateways by their first 4 bytes; undefined when it is to be made anew. */
  #gateways: Map<string, string[]> | undefined

  constructor(options: ServerDirectoryOptions) {
    this.selfId = options.selfId
    this.#o = options
  }

  /** The name a server shows; undefined when it is not known. */
  cityOf(origin: string): string | undefined {
    return this.#knownById.get(origin)?.card.name
  }

  /**
   * True when a radio identity is a gateway of the federation, of this server or another: what it says on the air was said
   * elsewhere first. `key` in hex, whole or its first bytes; false below 4 bytes, which may be anybody's.
   */
  isGateway(key: string): boolean {
    if (key.length < keyDigitsMin) return false
    const wanted = key.toLowerCase()
    this.#gateways ??= gatewaysByHead(this.#knownById.values())
    return this.#gateways.get(wanted.slice(0, keyDigitsMin))?.some(known => known.startsWith(wanted)) ?? false
  }

  get(id: string): KnownCard | undefined {
    return this.#knownById.get(id)
  }

  /** Ids of all servers known, this one first. */
  ids(): string[] {
    const others = [...this.#knownById.keys()].filter(id => id !== this.selfId)
    return this.#knownById.has(this.selfId) ? [this.selfId, ...others] : others
  }

  /** Names of all servers known: of `near` ones as they call themselves on their links, of those further away by their cards. */
  namesById(near: readonly { id: string; name: string }[]): Record<string, string> {
    const far = [...this.#knownById.values()].map(({ card }) => card)
    return Object.fromEntries([...far, ...near].flatMap(({ id, name }) => (name === '' ? [] : [[id, name]])))
  }

  /** True when `heard` would be news. Its signature need not be checked to ask; it must be before it is learned. */
  wants(heard: KnownCard): boolean {
    const known = this.#knownById.get(heard.card.id)
    return !this.isOld(heard) && (known === undefined || joinCards(known, heard) !== known)
  }

  /** True when a card was not renewed for so long that nobody needs it. */
  isOld({ card }: KnownCard): boolean {
    return card.id !== this.selfId && this.#o.now() - card.at > this.#o.keepMs
  }

  /** True when the card itself is known already, and its signature was checked. */
  isKnown({ card }: KnownCard): boolean {
    const known = this.#knownById.get(card.id)
    return known !== undefined && !isNewer(card, known.card)
  }

  /**
   * Takes in checked cards. At most `relayedMax` of other servers than their sender come from one sender, so that a bad one
   * leaves place for the rest. Gives the number of those that found no place.
   */
  learn(heard: readonly KnownCard[], relayedMax = cardsMax): number {
    let refused = 0
    const changed: string[] = []
    for (const one of heard) {
      if (!this.wants(one)) continue
      const known = this.#knownById.get(one.card.id)
      if (known === undefined && !this.#makePlace(one, { relayedMax, changed })) refused += 1
      else {
        this.#knownById.set(one.card.id, known === undefined ? one : joinCards(known, one))
        changed.push(one.card.id)
      }
    }
    this.#tell(changed)
    return refused
  }

  /** Forgets the cards that were not renewed for long. */
  forgetOld(): void {
    const old = [...this.#knownById.values()].filter(known => this.isOld(known)).map(({ card }) => card.id)
    for (const id of old) this.#knownById.delete(id)
    this.#tell(old)
  }

  /** Until the returned function is called. */
  subscribe(listener: CardsListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The other servers, by name. */
  status(): ServerStatus[] {
    return [...this.#knownById.values()]
      .filter(({ card }) => card.id !== this.selfId)
      .map(({ card: { id, name, at, gateways } }) => ({ id, name, since: new Date(at).toISOString(), gateways }))
      .sort((a, b) => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1))
  }

  /** Who is linked here always finds a place, before one that others have told of. */
  #makePlace({ card, from }: KnownCard, { relayedMax, changed }: { relayedMax: number; changed: string[] }): boolean {
    if (card.id === this.selfId) return true
    const relayed = [...this.#knownById.values()].filter(known => known.from !== known.card.id)
    const isFull = this.#knownById.size - Number(this.#knownById.has(this.selfId)) >= cardsMax
    if (from !== card.id) return !isFull && relayed.filter(known => known.from === from).length < relayedMax
    if (!isFull) return true
    const [first] = relayed.sort((a, b) => a.card.at - b.card.at)
    if (first === undefined) return false
    this.#knownById.delete(first.card.id)
    changed.push(first.card.id)
    return true
  }

  #tell(ids: readonly string[]): void {
    if (ids.length === 0) return
    this.#gateways = undefined
    for (const listener of this.#listeners) listener(ids)
  }
}

function gatewaysByHead(known: Iterable<KnownCard>): Map<string, string[]> {
  const byHead = new Map<string, string[]>()
  for (const { card } of known) {
    for (const key of card.gateways) {
      const head = key.slice(0, keyDigitsMin)
      byHead.set(head, [...(byHead.get(head) ?? []), key])
    }
  }
  return byHead
}
