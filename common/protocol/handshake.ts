// The proofs of a link, as pure functions: who is there, and that both know the federation secret on this very connection.
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Identity, signBytes, verifyBytes } from '../identity.ts'
import { type FrameOf, frameBytesMax, type Hello, type RoomGrant, windowBytes } from './frames.ts'

export const protocolVersion = 1

/** What a server says of itself on every link. */
export interface Self {
  identity: Identity
  name: string
  role: 'hub' | 'edge'
  /** Program and version. */
  software: string
  /** Random per process start. */
  boot: string
  secret: string
  /** Unix ms. */
  now: () => number
  /** What the other end may send ahead of our acks; default 256 KiB. */
  windowBytes?: number
}

export type Side = 'dialler' | 'acceptor'

/** Both hellos as they went over the wire, and the TLS exporter where the hello says so. */
export interface Transcript {
  dialler: string
  acceptor: string
  exporter: Uint8Array | undefined
}

export function makeHello(self: Self, binding: Hello['binding'], rooms: RoomGrant[]): Hello {
  return {
    t: 'hello',
    versions: [protocolVersion],
    id: self.identity.id,
    name: self.name,
    role: self.role,
    software: self.software,
    boot: self.boot,
    nonce: randomBytes(32).toString('base64url'),
    clock: self.now(),
    binding,
    rooms,
    limits: { windowBytes: self.windowBytes ?? windowBytes, frameBytes: frameBytesMax },
  }
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

/** The proof frame of one side: HMAC-SHA-256 under the link key, and a signature by the side's identity. */
export function makeProof(side: Side, self: Self, key: Buffer, transcript: Transcript): FrameOf<'proof'> {
  const bytes = proofBytes(side, transcript)
  const mac = createHmac('sha256', key).update(bytes).digest('base64url')
  return { t: 'proof', mac, sig: signBytes(self.identity, bytes) }
}

export interface ProofCheck {
  side: Side
  id: string
  key: Buffer
  transcript: Transcript
  proof: FrameOf<'proof'>
}

/** What is wrong with the other side's proof, or undefined. The secret is compared in constant time. */
export function proofFault({ side, id, key, transcript, proof }: ProofCheck): string | undefined {
  const bytes = proofBytes(side, transcript)
  const expected = createHmac('sha256', key).update(bytes).digest()
  const given = Buffer.from(proof.mac, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return 'wrong federation secret, or somebody between us speaks TLS for the other end'
  }
  return verifyBytes(id, bytes, proof.sig) ? undefined : 'signature does not fit the identity'
}
