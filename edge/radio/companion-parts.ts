// Parts that both commands and replies of the companion protocol have: keys, places, paths, contacts.
import type { Position } from './adverts.ts'
import { CompanionError } from './companion-error.ts'
import { bytes, type Field, int32, mapped, optional, padded, parts, uint8, uint32 } from './companion-fields.ts'
import { encodePath, type Path, pathBytesMax, readPath } from './packet.ts'
import { PacketError } from './packet-error.ts'

/** Length of a path that nobody knows, or that a packet did not collect. */
const noLength = 0xff

export const publicKey: Field<Uint8Array> = bytes(32)
/** The first bytes of a public key. */
export const keyPrefix: Field<Uint8Array> = bytes(6)
/** Of a channel, or of a region that floods are meant for. */
export const secret: Field<Uint8Array> = bytes(16)
/** What an answer is known by: an expected ACK, the beginning of a key, or what a request was stamped with. */
export const tag: Field<Uint8Array> = bytes(4)

/** Kept as kHz. */
export const frequency: Field<number> = mapped(
  uint32,
  kilohertz => kilohertz * 1000,
  hertz => Math.round(hertz / 1000),
)

/** Kept as thousandths. */
export const thousandths: Field<number> = mapped(
  uint32,
  value => value / 1000,
  value => Math.round(value * 1000),
)

const degrees = mapped(
  int32,
  value => value / 1e6,
  value => Math.round(value * 1e6),
)
export const position: Field<Position> = parts({ latitude: degrees, longitude: degrees })

/** A length as of a packet, and the hops; null when there is none. */
export const pathOrNone: Field<Path | null> = {
  bytesMin: 1,
  read: reader => {
    const head = reader.take(1)
    const [length = noLength] = head
    return length === noLength ? null : pathOf(Buffer.concat([head, reader.take(hopBytes(length))]))
  },
  write: value => (value === null ? Uint8Array.of(noLength) : pathToBytes(value)),
}

export const path: Field<Path> = mapped(
  pathOrNone,
  value => {
    if (value === null) throw new CompanionError('there is no path')
    return value
  },
  value => value,
)

/** In a contact: always 64 bytes behind the length, of which it uses some. A length that no path has is read as none, too. */
const contactPath: Field<Path | null> = {
  bytesMin: 1 + pathBytesMax,
  read: reader => {
    const field = reader.take(1 + pathBytesMax)
    return isPathLength(field[0] ?? noLength) ? pathOf(field) : null
  },
  write: value => {
    const field = Buffer.alloc(1 + pathBytesMax)
    field.set(value === null ? Uint8Array.of(noLength) : pathToBytes(value))
    return field
  },
}

/**
 * Of a packet that was heard: hops in bits 0 to 5, size of a hop's hash − 1 in bits 6 and 7. Null when it came directly, and so
 * without the path that it took.
 */
export const heardPathLength: Field<number | null> = mapped(
  uint8,
  length => (length === noLength ? null : length),
  length => length ?? noLength,
)

const contactShape = {
  publicKey,
  /** One of nodeType, or one that we do not know. */
  type: uint8,
  /** Bit 0: favourite; bits 1 to 3: what telemetry it may see. */
  flags: uint8,
  /** To it. Null: only floods reach it. */
  path: contactPath,
  /** At most 31 bytes. */
  name: padded(32),
  /** Unix seconds of its clock in its last advert. */
  lastAdvert: uint32,
}

/** As the radio tells of it. */
export const contactParts = {
  ...contactShape,
  /** 0, 0 when it does not say. */
  position,
  /** Unix seconds of the radio's clock. */
  lastModified: uint32,
}

/** As an app sets it. */
export const newContactParts = {
  ...contactShape,
  position: optional(position),
  /** Unix seconds; the radio's own now when left out. */
  lastModified: optional(uint32),
}

/** What a companion may be told to do besides radio settings; the first alone is always there. */
export const habitParts = {
  /** Bit 0: contacts are added by hand. */
  manualContacts: uint8,
  /** Two bits each for base, location, environment: 0 deny, 1 by the contact's flags, 2 allow. */
  telemetryModes: optional(uint8),
  /** 0: adverts have no position. */
  locationPolicy: optional(uint8),
  /** How many ACKs more than one. */
  extraAcks: optional(uint8),
}

/** Name and key of the region that floods are meant for. */
export const defaultScope = optional(parts({ name: padded(31), key: secret }))

/** The firmware knows no keys of 32 bytes, and half of one would be another channel. */
export const channelSecret: Field<Uint8Array> = {
  ...secret,
  read: reader => {
    if (reader.left >= 32) throw new CompanionError('a channel key of more than 16 bytes')
    return secret.read(reader)
  },
}

function pathOf(value: Uint8Array): Path {
  try {
    return readPath(value, 0).path
  } catch (error) {
    throw asCompanionError(error)
  }
}

function pathToBytes(value: Path): Uint8Array {
  try {
    return encodePath(value)
  } catch (error) {
    throw asCompanionError(error)
  }
}

function isPathLength(length: number): boolean {
  return length >> 6 < 3 && hopBytes(length) <= pathBytesMax
}

function hopBytes(length: number): number {
  return ((length >> 6) + 1) * (length & 63)
}

function asCompanionError(error: unknown): unknown {
  return error instanceof PacketError ? new CompanionError(error.message) : error
}
