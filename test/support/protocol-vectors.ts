// The fixed examples of mcfed.1 (test/vectors/protocol.json) and the keys they are made with.
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { UnsignedPost } from '#common/post.ts'
import type { Side } from '#common/protocol/handshake.ts'
import type { UnsignedCard } from '#common/server-card.ts'

export type VectorServer = 'edge' | 'hub' | 'other'

/** A frame and who sent it. */
export interface Line {
  from: Side
  frame: string
}

export interface HandshakeVector {
  /** Hex; null where TLS ends before the program. */
  exporter: string | null
  hellos: Record<Side, string>
  /** Hex. */
  proofBytes: Record<Side, string>
  proofs: Record<Side, string>
}

export interface ProtocolVectors {
  protocol: string
  secret: string
  /** `seed` in hex, RFC 8032. */
  servers: Record<VectorServer, { seed: string; id: string }>
  linkKey: { info: string; key: string }
  handshakes: { bound: HandshakeVector; unbound: HandshakeVector }
  posts: { by: VectorServer; post: UnsignedPost; canonical: string; sig: string; json: string }[]
  cards: { by: VectorServer; card: UnsignedCard; canonical: string; sig: string }[]
  /** `parts` in hex. */
  guids: { what: string; tag: string; parts: string[]; guid: string }[]
  epochs: Record<VectorServer, string>
  traces: { link: Line[]; gap: Line[]; cards: Line[]; hold: Line[]; report: Line[]; standby: Line[] }
  closeCodes: { code: number; meaning: string; retryAfterMs: number }[]
}

export const vectors: ProtocolVectors = JSON.parse(
  readFileSync(new URL('../vectors/protocol.json', import.meta.url), 'utf8'),
)

/** Head of a PKCS#8 key in DER, up to the seed (RFC 8410, section 7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

export function keyOfSeed(seed: string): KeyObject {
  const key = Buffer.concat([pkcs8Head, Buffer.from(seed, 'hex')])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}
