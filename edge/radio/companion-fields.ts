// The parts that commands and replies of the companion protocol are made of, each read and written in one place.
import { cutUtf8 } from '#common/utf8.ts'
import { textUntilNul } from './bytes.ts'
import { CompanionError } from './companion-error.ts'

/** A part of a frame. */
export interface Field<T> {
  /** Fewer bytes cannot hold it. */
  readonly bytesMin: number
  /** @throws CompanionError when the bytes are none */
  read(reader: FieldReader): T
  /** @throws CompanionError when the value does not go into it */
  write(value: T): Uint8Array
}

/** Reads what follows a frame's head, to its last byte. */
export class FieldReader {
  readonly #kind: string
  readonly #bytes: Uint8Array
  #at = 0

  /** `kind`: for the reason when it is too short. */
  constructor(kind: string, bytes: Uint8Array) {
    this.#kind = kind
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** @throws CompanionError when they are not there */
  take(length: number): Uint8Array {
    if (length > this.left) throw new CompanionError(`${this.#bytes.length} bytes are too few for ${this.#kind}`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

/** Name of a part → its field, in the order of the bytes. */
export type Shape = Readonly<Record<string, Field<unknown>>>

type ValueOf<F> = F extends Field<infer T> ? T : never
type OptionalKeys<S extends Shape> = { [K in keyof S]: undefined extends ValueOf<S[K]> ? K : never }[keyof S]

/** What a shape reads as; parts that may be left out of the bytes may be left out of it. */
export type Parts<S extends Shape> = { [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K]> } & {
  [K in OptionalKeys<S>]?: ValueOf<S[K]>
}

/** One after another, those that may be left out at the end. Bytes behind the last are of a newer version, and not read. */
export function parts<S extends Shape>(shape: S): Field<Parts<S>> {
  const fields = Object.entries(shape)
  return {
    bytesMin: fields.reduce((sum, [, field]) => sum + field.bytesMin, 0),
    read: reader => {
      const values: Record<string, unknown> = {}
      for (const [name, field] of fields) {
        const value = field.read(reader)
        if (value === undefined) break
        values[name] = value
      }
      return values as Parts<S>
    },
    write: values => {
      const given = fields.map(([name, field]) => ({ field, value: (values as Record<string, unknown>)[name] }))
      const end = given.findIndex(({ value }) => value === undefined)
      if (end >= 0 && given.slice(end).some(({ value }) => value !== undefined))
        throw new CompanionError(`${fields[end]?.[0]} is left out, and what follows it is not`)
      return Buffer.concat(given.map(({ field, value }) => field.write(value)))
    },
  }
}

/** At the end of a frame: older versions do not send it. Undefined when there are not enough bytes for it. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    bytesMin: 0,
    read: reader => (reader.left < field.bytesMin ? undefined : field.read(reader)),
    write: value => (value === undefined ? new Uint8Array() : field.write(value)),
  }
}

/** Behind bytes that mean nothing, as yet. */
export function after<T>(count: number, field: Field<T>, fill = 0): Field<T> {
  return {
    bytesMin: count + field.bytesMin,
    read: reader => {
      reader.take(count)
      return field.read(reader)
    },
    write: value => Buffer.concat([Buffer.alloc(count, fill), field.write(value)]),
  }
}

/** The same bytes, meaning another value. */
export function mapped<A, B>(field: Field<A>, decode: (value: A) => B, encode: (value: B) => A): Field<B> {
  return {
    bytesMin: field.bytesMin,
    read: reader => decode(field.read(reader)),
    write: value => field.write(encode(value)),
  }
}

function integer(length: number, isSigned: boolean): Field<number> {
  const lowest = isSigned ? -(2 ** (8 * length - 1)) : 0
  const highest = lowest + 2 ** (8 * length) - 1
  return {
    bytesMin: length,
    read: reader => {
      const bytes = Buffer.from(reader.take(length))
      return isSigned ? bytes.readIntLE(0, length) : bytes.readUIntLE(0, length)
    },
    write: value => {
      if (!Number.isInteger(value) || value < lowest || value > highest)
        throw new CompanionError(`${value} is no whole number from ${lowest} to ${highest}`)
      const bytes = Buffer.alloc(length)
      if (isSigned) bytes.writeIntLE(value, 0, length)
      else bytes.writeUIntLE(value, 0, length)
      return bytes
    },
  }
}

/** Integers are little-endian. */
export const uint8 = integer(1, false)
export const uint16 = integer(2, false)
export const uint32 = integer(4, false)
export const int8 = integer(1, true)
export const int16 = integer(2, true)
export const int32 = integer(4, true)

/** 1 is true. */
export const flag: Field<boolean> = mapped(
  uint8,
  byte => byte === 1,
  isSet => (isSet ? 1 : 0),
)

/** The nearest that a signed byte can hold: how a packet was heard is no reason not to tell of it. */
const nearest = mapped(
  int8,
  value => value,
  (value: number) => Math.max(-128, Math.min(127, Math.round(value))),
)
export const rssi: Field<number> = nearest
/** dB, in quarters. */
export const snr: Field<number> = mapped(
  nearest,
  quarters => quarters / 4,
  db => db * 4,
)

/** Exactly so many. */
export function bytes(length: number): Field<Uint8Array> {
  return {
    bytesMin: length,
    read: reader => reader.take(length),
    write: value => {
      if (value.length !== length) throw new CompanionError(`${value.length} bytes where there must be ${length}`)
      return value
    },
  }
}

/** All bytes to the end of the frame. */
export function rest(bytesMin = 0): Field<Uint8Array> {
  return {
    bytesMin,
    read: reader => reader.take(Math.max(bytesMin, reader.left)),
    write: value => {
      if (value.length < bytesMin)
        throw new CompanionError(`${value.length} bytes where there must be ${bytesMin} or more`)
      return value
    },
  }
}

/** Behind a byte that says how many. */
export function counted(bytesMax: number): Field<Uint8Array> {
  return {
    bytesMin: 1,
    read: reader => {
      const [length = 0] = reader.take(1)
      if (length > bytesMax) throw new CompanionError(`${length} bytes where there may be ${bytesMax}`)
      return reader.take(length)
    },
    write: value => {
      if (value.length > bytesMax) throw new CompanionError(`${value.length} bytes where there may be ${bytesMax}`)
      return Buffer.concat([Uint8Array.of(value.length), value])
    },
  }
}

/** UTF-8 to the end of the frame or a NUL, if its writer keeps to it; the last character may be cut. */
export function text(bytesMin = 0): Field<Uint8Array> {
  return mapped(rest(bytesMin), textUntilNul, value => value)
}

/** What people and apps are called, to the end of the frame or a NUL; what is not UTF-8 is replaced. */
export function words(bytesMin = 0): Field<string> {
  return mapped(text(bytesMin), decodeWords, value => Buffer.from(value))
}

/** Padded with NULs to `length`, of which one is always there: what does not fit is cut between characters. */
export function padded(length: number): Field<string> {
  return mapped(
    bytes(length),
    value => decodeWords(textUntilNul(value)),
    value => {
      const field = Buffer.alloc(length)
      field.write(cutUtf8(value, length - 1))
      return field
    },
  )
}

function decodeWords(value: Uint8Array): string {
  return Buffer.from(value).toString()
}
