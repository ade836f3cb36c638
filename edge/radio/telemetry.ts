// Readings of sensors as telemetry answers bear them: CayenneLPP. Source: the firmware's src/helpers/sensors/LPPDataHelpers.h.
import { take } from './bytes.ts'
import { PacketError } from './packet-error.ts'

/** The channel of the node itself; its sensors have others. */
export const ownChannel = 1

/** By name: the number on the air, the bytes (negative: signed), and how many steps make one unit. */
const kinds = {
  digitalIn: [0, 1, 1],
  digitalOut: [1, 1, 1],
  analogIn: [2, -2, 100],
  analogOut: [3, -2, 100],
  generic: [100, 4, 1],
  lux: [101, 2, 1],
  presence: [102, 1, 1],
  celsius: [103, -2, 10],
  humidityPercent: [104, 1, 2],
  hectopascal: [115, 2, 10],
  volts: [116, 2, 100],
  amperes: [117, -2, 1000],
  hertz: [118, 4, 1],
  percent: [120, 1, 1],
  altitudeMetres: [121, -2, 1],
  partsPerMillion: [125, 2, 1],
  watts: [128, 2, 1],
  distanceMetres: [130, 4, 1000],
  kilowattHours: [131, 4, 1000],
  degrees: [132, 2, 1],
  unixSeconds: [133, 4, 1],
  isOn: [142, 1, 1],
} as const

/** By their numbers, the bytes of readings with several values: acceleration, rotation, colour, GPS. They are passed over. */
const severalValuesBytes: Readonly<Record<number, number>> = { 113: 6, 134: 6, 135: 3, 136: 9 }

export type ReadingKind = keyof typeof kinds

export interface Reading {
  /** 1 to 255. */
  channel: number
  kind: ReadingKind
  /** In the unit that the kind names. */
  value: number
}

const kindNames = Object.keys(kinds) as readonly ReadingKind[]

/** Big-endian, unlike all else on the air. What does not fit stands at the end of its range. */
export function encodeTelemetry(readings: readonly Reading[]): Uint8Array {
  return Buffer.concat(
    readings.map(({ channel, kind, value }) => {
      const [number, size, steps] = kinds[kind]
      const bits = 8 * Math.abs(size)
      const [min, max] = size < 0 ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
      const bytes = Buffer.alloc(2 + Math.abs(size))
      bytes.set([channel, number])
      const count = Math.min(max, Math.max(min, Math.round(value * steps)))
      if (size < 0) bytes.writeIntBE(count, 2, -size)
      else bytes.writeUIntBE(count, 2, size)
      return bytes
    }),
  )
}

/** Up to the zeros that pad it. @throws PacketError when a reading is cut, or of a kind whose length is not known here */
export function decodeTelemetry(data: Uint8Array): Reading[] {
  const readings: Reading[] = []
  // Channel 0 is the end of data.
  for (let at = 0; (data[at] ?? 0) !== 0; ) {
    const [channel = 0, number = 0] = take(data, at, 2, 'telemetry')
    const kind = kindNames.find(name => kinds[name][0] === number)
    const size = kind === undefined ? severalValuesBytes[number] : kinds[kind][1]
    if (size === undefined) throw new PacketError(`telemetry of the unknown kind ${number}`)
    const bytes = Buffer.from(take(data, at + 2, Math.abs(size), 'telemetry'))
    if (kind !== undefined) readings.push({ channel, kind, value: countOf(bytes, size < 0) / kinds[kind][2] })
    at += 2 + bytes.length
  }
  return readings
}

function countOf(bytes: Buffer, isSigned: boolean): number {
  return isSigned ? bytes.readIntBE(0, bytes.length) : bytes.readUIntBE(0, bytes.length)
}
