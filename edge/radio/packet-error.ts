/** Bytes that are no packet, or no payload of the kind they say: the only thing the decoders of this folder throw. */
export class PacketError extends Error {
  override name = 'PacketError'
}
