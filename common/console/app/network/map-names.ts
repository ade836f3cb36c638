// Where names stand on a map: beside their marks, and none on another name, on another mark, or on what lies on the map.

export type Side = 'right' | 'left' | 'below'

/** Pixels, from the upper left corner of the map. */
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

export interface NameOfMark {
  /** The middle of the mark. */
  x: number
  y: number
  /** Of the name as it is written. */
  width: number
  /** Tried in this order. */
  sides: readonly Side[]
}

export interface Label extends NameOfMark {
  label: HTMLElement
  /** It is shown whatever is below. */
  isPicked: boolean
}

/** What lies on the map. */
const covers = '.map-buttons, .leaflet-control-scale'
/** From the middle of a mark to its own edge, to a name beside it, and to the middle of one below. */
const markHalf = 9
const aside = 15
const under = 20

/** Its style shows a label that has a side. */
export function placeNames(map: HTMLElement, names: readonly Label[]): void {
  const frame = { left: 0, top: 0, right: map.clientWidth, bottom: map.clientHeight }
  const { x, y } = map.getBoundingClientRect()
  const taken = [...(map.parentElement?.querySelectorAll(covers) ?? [])].map(cover => {
    const { left, top, right, bottom } = cover.getBoundingClientRect()
    return { left: left - x, top: top - y, right: right - x, bottom: bottom - y }
  })
  const sides = sidesOf(names, taken, frame)
  names.forEach(({ label: { dataset }, isPicked }, index) => {
    const side = sides[index] ?? (isPicked ? 'right' : undefined)
    if (side === undefined) delete dataset.side
    else dataset.side = side
  })
}

/**
 * Those that come first have the choice; undefined: there is no place for it.
 * `taken`: by what lies on the map; names stay within `frame`.
 */
export function sidesOf(names: readonly NameOfMark[], taken: readonly Box[], frame: Box): (Side | undefined)[] {
  const marks = names.map(({ x, y }) => boxOf(x - markHalf, y, 2 * markHalf))
  const written = [...taken]
  return names.map(({ x, y, width, sides }, index) => {
    const isFree = (box: Box) =>
      isWithin(box, frame) &&
      !written.some(other => overlap(box, other)) &&
      !marks.some((mark, at) => at !== index && overlap(box, mark))
    for (const side of sides) {
      const box = boxAt(side, { x, y, width })
      if (!isFree(box)) continue
      written.push(box)
      return side
    }
    return undefined
  })
}

/** As the style places it. */
function boxAt(side: Side, { x, y, width }: Omit<NameOfMark, 'sides'>): Box {
  if (side === 'below') return boxOf(x - width / 2, y + under, width)
  return boxOf(side === 'right' ? x + aside : x - aside - width, y, width)
}

function boxOf(left: number, y: number, width: number): Box {
  return { left, top: y - markHalf, right: left + width, bottom: y + markHalf }
}

function isWithin(box: Box, frame: Box): boolean {
  return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
