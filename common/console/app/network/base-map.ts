// The base map as it is sent: lines of whole numbers, unpacked here to places.

/** Latitude and longitude in degrees. */
export type Place = [latitude: number, longitude: number]

export interface BaseMap {
  stepsPerDegree: number
  /** Of each piece of land its rings: longitude and latitude of the first point, then how far each is from the one before. */
  land: readonly (readonly (readonly number[])[])[]
  /** Lines of the same kind. */
  borders: readonly (readonly number[])[]
}

/** `turn`: degrees to the east. */
export function placesOf(steps: readonly number[], stepsPerDegree: number, turn = 0): Place[] {
  const places: Place[] = []
  let [x, y] = [0, 0]
  for (let index = 0; index + 1 < steps.length; index += 2) {
    x += steps[index] ?? 0
    y += steps[index + 1] ?? 0
    places.push([y / stepsPerDegree, x / stepsPerDegree + turn])
  }
  return places
}
