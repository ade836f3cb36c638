// The table of cities: which of them, and in which order.
import type { City } from '#common/network.ts'
import { byName } from './merge.ts'
import type { Measure } from './series.ts'
import { type Finding, type Level, levels, stateOf, urgency } from './state.ts'
import { radioWords } from './words.ts'

export const columns = [
  ...(['state', 'name', 'latency', 'backlog', 'air', 'radio', 'links', 'certificate', 'version', 'seen'] as const),
]
export type Column = (typeof columns)[number]

export interface TableView {
  column: Column
  isDescending: boolean
  /** Words that all must be found in name, id, address, rooms, version or state. */
  text: string
  /** Empty: all. */
  levels: readonly Level[]
  /** Of which the table shows a day. */
  measure: Measure
}

const rowsAround = 6

export interface Row {
  city: City
  state: Finding
}

export const firstView: TableView = { column: 'state', isDescending: false, text: '', levels: [], measure: 'latencyMs' }

/** Every city with its state: `now` in Unix ms. */
export function rowsOf(cities: readonly City[], now: number): Row[] {
  return cities.map(city => ({ city, state: stateOf(city, now) }))
}

export function shownRows(rows: readonly Row[], view: TableView): Row[] {
  const words = view.text.toLowerCase().split(/\s+/).filter(Boolean)
  const found = rows.filter(row => isAmong(row, view.levels) && words.every(word => textOf(row).includes(word)))
  const direction = view.isDescending ? -1 : 1
  return found.sort((a, b) => compared(a, b, view.column, direction) || byName(a.city, b.city))
}

/** How many cities are at each level. */
export function countsOf(rows: readonly Row[]): Record<Level, number> {
  const counts = { bad: 0, ask: 0, warn: 0, ok: 0, off: 0 }
  for (const { state } of rows) counts[state.level] += 1
  return counts
}

/** Levels at which there is somebody. */
export function levelsIn(counts: Readonly<Record<Level, number>>): Level[] {
  return levels.filter(level => counts[level] > 0)
}

export interface Window {
  /** First row that is drawn, and the first that is not. */
  first: number
  end: number
}

/** Rows of one height: those in sight, and some around them, so that a quick hand or the Tab key finds them drawn. */
export function windowOf(count: number, rowHeight: number, sight: { top: number; height: number }): Window {
  const first = Math.max(0, Math.floor(sight.top / rowHeight) - rowsAround)
  return {
    first: Math.min(first, count),
    end: Math.min(count, Math.ceil((sight.top + sight.height) / rowHeight) + rowsAround),
  }
}

function isAmong({ state }: Row, wanted: readonly Level[]): boolean {
  return wanted.length === 0 || wanted.includes(state.level)
}

function textOf({ city, state }: Row): string {
  const rooms = city.rooms.map(room => room.room).join(' ')
  return `${city.name} ${city.id} ${city.address} ${city.software} ${rooms} ${state.word}`.toLowerCase()
}

/** What is not known comes last, whichever way is up. */
function compared(a: Row, b: Row, column: Column, direction: number): number {
  if (column === 'name') return direction * byName(a.city, b.city)
  if (column === 'version') return direction * collator.compare(a.city.software, b.city.software)
  if (column === 'radio') return direction * collator.compare(radioWords(a.city), radioWords(b.city))
  const [one, other] = [numberOf(a, column), numberOf(b, column)]
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  return direction * (one - other)
}

function numberOf({ city, state }: Row, column: Exclude<Column, 'name' | 'version' | 'radio'>): number | null {
  switch (column) {
    case 'state':
      return urgency(state.level)
    case 'latency':
      return city.connected ? city.latencyMs : null
    case 'backlog':
      return city.backlog
    case 'air':
      return city.self?.radio?.budgetUsed ?? null
    case 'links':
      return city.self?.links.length ?? null
    case 'certificate':
      return city.self?.certificateDays ?? null
    case 'seen':
      return city.lastSeenAt
  }
}

const collator = new Intl.Collator(undefined, { numeric: true })
