// Server cards for tests: servers with keys of their own, and a directory in memory.
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import { createLog } from '#common/log.ts'
import { OwnCard } from '#common/own-card.ts'
import { type KnownCard, type ServerCard, signCard, type UnsignedCard } from '#common/server-card.ts'
import { cardKeepMs, ServerDirectory } from '#common/server-directory.ts'

export interface CardServer {
  identity: Identity
  directory: ServerDirectory
  own: OwnCard
  /** Of the log. */
  lines: string[]
}

export function newIdentity(): Identity {
  return identityFromPem(newIdentityPem())
}

/** A signed card of `identity`. */
export function cardOf(identity: Identity, changes: Partial<Omit<UnsignedCard, 'id'>> = {}): ServerCard {
  return signCard({ id: identity.id, name: 'City', gateways: [], at: Date.now(), ...changes }, identity)
}

/** The card as it came over the server's own link, in room "main". */
export function knownOf(card: ServerCard, changes: Partial<Omit<KnownCard, 'card'>> = {}): KnownCard {
  return { card, rooms: ['main'], from: card.id, ...changes }
}

/** A public key of a radio identity, in hex. */
export function radioKey(n: number): string {
  return n.toString(16).padStart(8, '0').repeat(8)
}

export function newDirectory(selfId: string, now: () => number = Date.now): ServerDirectory {
  return new ServerDirectory({ selfId, keepMs: cardKeepMs(30), now })
}

export interface CardServerOptions {
  name?: string
  identity?: Identity
  directory?: ServerDirectory
  now?: () => number
  ticks?: () => number
}

export function cardServer({
  name = 'City',
  identity = newIdentity(),
  now = Date.now,
  directory = newDirectory(identity.id, now),
  ...more
}: CardServerOptions = {}): CardServer {
  const lines: string[] = []
  const log = createLog({ json: false, write: line => lines.push(line) })
  return { identity, directory, lines, own: new OwnCard({ identity, name, directory, now, log, ...more }) }
}
