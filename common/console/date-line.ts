// Cuts rings of land at the date line, so that on a flat map nothing is drawn from one edge to the other.

/** Points of longitude and latitude in degrees. */
export type Line = readonly (readonly [longitude: number, latitude: number])[]

/** The ring as it is, or its parts on both sides of 180 degrees. One around a pole stays whole: its bottom is a line of its own. */
export function cutAtDateLine(ring: Line): Line[] {
  const round = unrolled(ring)
  const [first, last] = [round[0], round.at(-1)]
  if (first === undefined || last === undefined || Math.abs(first[0] - last[0]) > 180) return [ring]
  const longitudes = round.map(([x]) => x)
  const [low, high] = [Math.min(...longitudes), Math.max(...longitudes)]
  if (low >= -180 && high <= 180) return [ring]
  const east = low < -180 ? moved(round, 360) : round
  return [
    beside(east, x => 180 - x),
    moved(
      beside(east, x => x - 180),
      -360,
    ),
  ]
}

/** Each point at most half the world from the one before: longitudes may be beyond 180. */
function unrolled(ring: Line): Line {
  let before = ring[0]?.[0] ?? 0
  return ring.map(([x, y]) => {
    before = x + 360 * Math.round((before - x) / 360)
    return [before, y]
  })
}

function moved(ring: Line, degrees: number): Line {
  return ring.map(([x, y]) => [x + degrees, y])
}

/** The part of a ring where `depth` is not below zero (Sutherland and Hodgman), closed as the ring is. */
function beside(ring: Line, depth: (longitude: number) => number): Line {
  const part = ring.flatMap(([x, y], i): [number, number][] => {
    const [x0, y0] = ring[i - 1] ?? [x, y]
    const [d0, d] = [depth(x0), depth(x)]
    const here: [number, number][] = d >= 0 ? [[x, y]] : []
    if (d0 * d >= 0) return here
    const share = d0 / (d0 - d)
    return [[x0 + share * (x - x0), y0 + share * (y - y0)], ...here]
  })
  const [first] = part
  return first === undefined ? [] : [...part, first]
}
