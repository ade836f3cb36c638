// Payloads that acknowledge: 4 bytes of a hash, alone or in a packet of several parts. Source: the firmware's src/Mesh.cpp.
import { take } from './bytes.ts'
import { payloadType } from './packet.ts'
import { PacketError } from './packet-error.ts'

export interface Ack {
  /** 4 bytes. */
  ack: Uint8Array
  /** Behind it: the count of unsynced posts after a keep-alive, the attempt after a direct text. */
  rest: Uint8Array
}

/** @throws PacketError */
export function decodeAck(payload: Uint8Array): Ack {
  return { ack: take(payload, 0, 4, 'ACK'), rest: payload.subarray(4) }
}

export function encodeAck({ ack, rest }: Ack): Uint8Array {
  return Buffer.concat([ack, rest])
}

/** An ACK as part of several; `remaining` others follow. @throws PacketError for parts of anything else */
export function decodeMultipartAck(payload: Uint8Array): Ack & { remaining: number } {
  const [head = 0] = take(payload, 0, 1, 'multipart')
  if ((head & 15) !== payloadType.ack) throw new PacketError('a multipart of something else than an ACK')
  return { remaining: head >> 4, ...decodeAck(payload.subarray(1)) }
}

export function encodeMultipartAck({ remaining, ...ack }: Ack & { remaining: number }): Uint8Array {
  return Buffer.concat([Uint8Array.of((remaining << 4) | payloadType.ack), encodeAck(ack)])
}
