// Payloads between two nodes: who to, who from, and what only they can read. Source: the firmware's src/Mesh.cpp.
import { take } from './bytes.ts'

/** Requests, responses, texts and path returns name both nodes by the first byte of their keys. */
export interface Datagram {
  to: number
  from: number
  sealed: Uint8Array
}

/** Shows the whole key of a sender that need not be known. */
export interface AnonymousRequest {
  to: number
  publicKey: Uint8Array
  sealed: Uint8Array
}

const sealedBytesMin = 18

/** @throws PacketError */
export function decodeDatagram(payload: Uint8Array): Datagram {
  take(payload, 0, 2 + sealedBytesMin, 'datagram')
  return { to: payload[0] ?? 0, from: payload[1] ?? 0, sealed: payload.subarray(2) }
}

export function encodeDatagram({ to, from, sealed }: Datagram): Uint8Array {
  return Buffer.concat([Uint8Array.of(to, from), sealed])
}

/** @throws PacketError */
export function decodeAnonymousRequest(payload: Uint8Array): AnonymousRequest {
  take(payload, 0, 33 + sealedBytesMin, 'anonymous request')
  return { to: payload[0] ?? 0, publicKey: payload.subarray(1, 33), sealed: payload.subarray(33) }
}

export function encodeAnonymousRequest({ to, publicKey, sealed }: AnonymousRequest): Uint8Array {
  return Buffer.concat([Uint8Array.of(to), publicKey, sealed])
}
