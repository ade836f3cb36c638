// Where the rows of a long list are, of any height, and which of them are in sight. What somebody looks at keeps its place while rows are
// measured and others come in. All lengths in pixels.
export interface Keyed {
  key: string
}

/** What keeps its place: the end; the middle of a row; or what is in sight, by the first of it that is still there. */
type Held = { what: 'end' } | { what: 'row'; key: string } | { what: 'sight'; rows: readonly Ahead[] }

interface Ahead {
  key: string
  /** From the upper edge of the box to that of the row. */
  by: number
}

export interface Range {
  first: number
  /** The first that is not. */
  end: number
}

/** Nearer to the end than this is at the end. */
const endPx = 24
/** Drawn above and below what is in sight, so that a quick hand or the Tab key finds them. */
const rowsAround = 8

export class RowPlaces<T extends Keyed> {
  readonly #estimate: (row: T) => number
  #heightByKey = new Map<string, number>()
  #rows: readonly T[] = []
  /** Of each row, and of the end. */
  #tops: readonly number[] = [0]
  #held: Held = { what: 'end' }
  #boxHeight = 0
  #top = 0
  /** Where the box was last seen. */
  #stoodAt = 0

  /** `estimate`: the height of a row that is not measured yet. */
  constructor(estimate: (row: T) => number) {
    this.#estimate = estimate
  }

  /** Where the box is to be scrolled to. */
  get top(): number {
    return this.#top
  }

  /** Of all rows. */
  get height(): number {
    return this.topOf(this.#rows.length)
  }

  get isAtEnd(): boolean {
    return this.height - this.#top - this.#boxHeight < endPx
  }

  /** Undefined until the box is measured. */
  get sight(): Range | undefined {
    if (this.#boxHeight === 0) return undefined
    const [first, last] = [this.#indexAt(this.#top), this.#indexAt(this.#top + this.#boxHeight - 1)]
    return { first, end: Math.min(last + 1, this.#rows.length) }
  }

  get drawn(): Range {
    const { first, end } = this.sight ?? { first: 0, end: 0 }
    if (end === 0) return { first, end }
    return { first: Math.max(0, first - rowsAround), end: Math.min(this.#rows.length, end + rowsAround) }
  }

  topOf(index: number): number {
    return this.#tops[index] ?? 0
  }

  setRows(rows: readonly T[]): void {
    if (rows === this.#rows) return
    this.#rows = rows
    if (this.#heightByKey.size > 2 * rows.length + 1000) this.#forget()
    this.#lay()
  }

  /** How high the rows from `first` on, and the box, have turned out to be. False: all of that was known. */
  measured(first: number, heights: readonly number[], boxHeight: number): boolean {
    const news = heights.flatMap((height, i): [string, number][] => {
      const key = this.#rows[first + i]?.key
      return key === undefined || this.#heightByKey.get(key) === height ? [] : [[key, height]]
    })
    if (news.length === 0 && boxHeight === this.#boxHeight) return false
    for (const [key, height] of news) this.#heightByKey.set(key, height)
    this.#boxHeight = boxHeight
    this.#lay()
    return true
  }

  /** The box was put here, by us. */
  put(top: number): void {
    this.#stoodAt = top
  }

  /**
   * The box stands here, and is so high. Where that is elsewhere than before somebody has scrolled, and what is in sight now is what
   * keeps its place. Or the browser has moved it, because the box was larger for a moment, or is so now and is not measured yet: then
   * by its larger height it is at the end.
   */
  look(top: number, boxHeight: number): void {
    if (Math.abs(top - this.#stoodAt) < 1) return
    this.#stoodAt = top
    this.#top = top
    const { first, end } = this.sight ?? { first: 0, end: 0 }
    const rows = this.#rows.slice(first, end).map(({ key }, i) => ({ key, by: this.topOf(first + i) - top }))
    const isAtEnd = this.height - top - Math.max(this.#boxHeight, boxHeight) < endPx
    this.#held = isAtEnd ? { what: 'end' } : { what: 'sight', rows }
  }

  holdEnd(): void {
    this.#hold({ what: 'end' })
  }

  /** In the middle of the box. */
  holdRow(key: string): void {
    this.#hold({ what: 'row', key })
  }

  #hold(held: Held): void {
    this.#held = held
    this.#top = this.#wantedTop()
  }

  #lay(): void {
    let top = 0
    const heights = this.#rows.map(row => this.#heightByKey.get(row.key) ?? this.#estimate(row))
    this.#tops = [0, ...heights.map(height => (top += height))]
    this.#top = this.#wantedTop()
  }

  #wantedTop(): number {
    const most = Math.max(0, this.height - this.#boxHeight)
    const top = this.#held.what === 'end' ? most : (this.#heldTop(this.#held) ?? this.#top)
    return Math.max(0, Math.min(most, top))
  }

  #heldTop(held: Exclude<Held, { what: 'end' }>): number | undefined {
    if (held.what === 'row') {
      const index = this.#indexOf(held.key)
      return index === -1 ? undefined : (this.topOf(index) + this.topOf(index + 1) - this.#boxHeight) / 2
    }
    for (const { key, by } of held.rows) {
      const index = this.#indexOf(key)
      if (index !== -1) return this.topOf(index) - by
    }
    return undefined
  }

  #indexOf(key: string): number {
    return this.#rows.findIndex(row => row.key === key)
  }

  /** Of the row that is there; the first or the last where none is. */
  #indexAt(y: number): number {
    const index = this.#tops.findLastIndex(top => top <= y)
    return Math.max(0, Math.min(index, this.#rows.length - 1))
  }

  /** Heights of rows that are not in the list any more. */
  #forget(): void {
    const keys = new Set(this.#rows.map(({ key }) => key))
    this.#heightByKey = new Map([...this.#heightByKey].filter(([key]) => keys.has(key)))
  }
}
