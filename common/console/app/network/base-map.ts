// The base map as it is sent, unpacked to places. Whole numbers of 7 bits a byte, the least first, odd ones for numbers below zero: how
// many pieces of land, of each how many rings, of each ring how many points, of each point how far it is to the east and north of
// the one before; then how many borders, and the same of each.

/** Latitude and longitude in degrees. */
export type Place = [latitude: number, longitude: number]

export interface BaseMap {
  /** Rings of each piece of land. */
  land: Place[][][]
  borders: Place[][]
}

/** 11 km: the source, 1:110 million, is coarser. */
export const stepsPerDegree = 10

/** @throws RangeError for bytes that are not all of it */
export function unpackBaseMap(bytes: Uint8Array): BaseMap {
  const numbers = numbersOf(bytes)
  const next = () => {
    const { value, done } = numbers.next()
    if (done) throw new RangeError('the base map is cut off')
    return value
  }
  const several = <T>(read: () => T): T[] => Array.from({ length: next() }, read)
  const line = () => {
    let [x, y] = [0, 0]
    return several((): Place => {
      x += next()
      y += next()
      return [y / stepsPerDegree, x / stepsPerDegree]
    })
  }
  return { land: several(() => several(line)), borders: several(line) }
}

function* numbersOf(bytes: Uint8Array): Generator<number, undefined> {
  let [value, shift] = [0, 0]
  for (const byte of bytes) {
    value |= (byte & 127) << shift
    shift += 7
    if (byte > 127) continue
    yield value % 2 === 0 ? value / 2 : -(value + 1) / 2
    ;[value, shift] = [0, 0]
  }
}
