// The proofs of a link, as pure functions: who is there, and that both know the federation secret on this very connection.
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Identity, signBytes, verifyBytes } from '../identity.ts'
import { type FrameOf, frameBytesMax, type Hello, type RoomGrant, windowBytes } from './frames.ts'
import type { OwnSecrets } from './secrets.ts'
import { spokenVersions } from './versions.ts'

/** What a server says of itself on every link. */
export interface Self extends OwnSecrets {
  identity: Identity
  name: string
  role: 'hub' | 'edge'
  /** Program and version. */
  software: string
  /** Random per process start. */
  boot: string
  /** Unix ms. */
  now: () => number
  /** What the other end may send ahead of our acks; default 256 KiB. */
  windowBytes?: number
  /** Of the protocol, the best first; default those of this program. */
  versions?: readonly number[]
  /** 32 bytes in base64url, another one for each link; default: random. */
  nonce?: () => string
  /** What our line may carry a day, both ways. */
  wanBytesPerDay?: number | undefined
}

export type Side = 'dialler' | 'acceptor'

/** Both hellos as they went over the wire, and the TLS exporter where the hello says so. */
export interface Transcript {
  dialler: string
  acceptor: string
  exporter: Uint8Array | undefined
}

/** A dialler's; an acceptor names the version that it has chosen. */
export function makeHello(self: Self, binding: Hello['binding'], rooms: RoomGrant[]): Hello {
  const { versions = spokenVersions, nonce = randomNonce } = self
  return {
    t: 'hello',
    versions: [...versions],
    id: self.identity.id,
    name: self.name,
    role: self.role,
    software: self.software,
    boot: self.boot,
    nonce: nonce(),
    clock: self.now(),
    binding,
    rooms,
    limits: {
      windowBytes: self.windowBytes ?? windowBytes,
      frameBytes: frameBytesMax,
      ...(self.wanBytesPerDay !== undefined && { wanBytesPerDay: self.wanBytesPerDay }),
    },
  }
}

function randomNonce(): string {
  return randomBytes(32).toString('base64url')
}

/** The bytes both proofs are made over: tag, side, both hellos with their lengths (u32le), exporter (32 bytes or none). */
export function proofBytes(side: Side, transcript: Transcript): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`mcfed/1/proof\0${side}\0`)]
  for (const hello of [transcript.dialler, transcript.acceptor]) {
    const bytes = Buffer.from(hello)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    parts.push(length, bytes)
  }
  if (transcript.exporter !== undefined) parts.push(transcript.exporter)
  return Buffer.concat(parts)
}

/** HKDF-SHA-256 of the federation secret for this pair of servers, 32 bytes. */
export function linkKey(secret: string, diallerId: string, acceptorId: string): Buffer {
  const info = Buffer.concat([
    Buffer.from('mcfed/1/link\0'),
    ...[diallerId, acceptorId].map(id => Buffer.from(id, 'base64url')),
  ])
  return Buffer.from(hkdfSync('sha256', secret, '', info, 32))
}

/** The proof frame of one side: an HMAC-SHA-256 under each of the link keys, and a signature by the side's identity. */
export function makeProof(side: Side, self: Self, keys: readonly Buffer[], transcript: Transcript): FrameOf<'proof'> {
  const bytes = proofBytes(side, transcript)
  const [mac = '', ...also] = keys.map(key => macOf(key, bytes).toString('base64url'))
  return { t: 'proof', mac, ...(also.length > 0 && { also }), sig: signBytes(self.identity, bytes) }
}

export interface ProofCheck {
  side: Side
  id: string
  /** Under any of these the other side may have proved itself. */
  keys: readonly Buffer[]
  transcript: Transcript
  proof: FrameOf<'proof'>
}

/** Which of the keys fits, the first one where several do, and which of the MACs: both counted from 0. */
export type ProofVerdict = { key: number; mac: number } | { fault: string }

/** All MACs are compared with all keys, in constant time: how long it takes does not say which one fits. */
export function checkProof({ side, id, keys, transcript, proof }: ProofCheck): ProofVerdict {
  const bytes = proofBytes(side, transcript)
  const given = [proof.mac, ...(proof.also ?? [])].map(mac => Buffer.from(mac, 'base64url'))
  const fits = keys.map(key => {
    const expected = macOf(key, bytes)
    return given.map(mac => mac.length === expected.length && timingSafeEqual(mac, expected))
  })
  const key = fits.findIndex(row => row.includes(true))
  if (key === -1) return { fault: 'wrong federation secret, or somebody between us speaks TLS for the other end' }
  if (!verifyBytes(id, bytes, proof.sig)) return { fault: 'signature does not fit the identity' }
  return { key, mac: fits[key]?.indexOf(true) ?? 0 }
}

function macOf(key: Buffer, bytes: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes).digest()
}
