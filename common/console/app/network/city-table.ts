// The cities as a table: only the rows in sight are drawn, and arrow keys walk through all of them.
import { h } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useStores } from '../stores.ts'
import { CityRow } from './city-row.ts'
import { type Column, type Row, type TableView, windowOf } from './rows.ts'

export interface CityTableOptions {
  rows: readonly Row[]
  view: TableView
  change: (part: Partial<TableView>) => void
}

/** Beside what each column sorts by: what it is called. The trend sorts by nothing. */
const heads: readonly [column: Column | undefined, name: string][] = [
  ['state', 'State'],
  ['name', 'City'],
  ['seen', 'Seen'],
  ['latency', 'Latency'],
  ['backlog', 'Backlog (lag)'],
  ['air', 'Airtime'],
  ['radio', 'Radio'],
  ['links', 'Links'],
  ['certificate', 'Certificate'],
  [undefined, '24 hours'],
  ['version', 'Version'],
]

/** As the style has it, in pixels. */
const headHeight = 38

export function CityTable({ rows, view, change }: CityTableOptions) {
  const { history, network } = useStores()
  const scroller = useRef<HTMLDivElement>(null)
  const { sight, rowHeight } = useSight(scroller)
  const { first, end } = windowOf(rows.length, rowHeight, sight)
  const drawn = rows.slice(first, end)
  const ids = drawn.map(row => row.city.id)
  const now = network.at.value
  // Also of a table that stays as it is: samples come as time goes by.
  useEffect(() => history.want(ids), [history, ids.join(' '), now])
  const walk = useWalk(scroller, rows.length, rowHeight)
  return h(
    'div',
    { class: 'cities', role: 'table', ref: scroller, 'aria-label': 'Cities', 'aria-rowcount': rows.length + 1 },
    h('div', { role: 'rowgroup', class: 'cities-head' }, h(HeadRow, { view, change })),
    h(
      'div',
      { role: 'rowgroup', class: 'cities-body', onKeyDown: walk },
      rows.length === 0 && h('div', { role: 'row' }, h('div', { role: 'cell', class: 'none' }, 'No city matches.')),
      h('div', { role: 'presentation', style: { height: `${first * rowHeight}px` } }),
      drawn.map((row, index) =>
        h(CityRow, {
          key: row.city.id,
          row,
          index: first + index,
          measure: view.measure,
          samples: history.samples.value.get(row.city.id),
          now,
        }),
      ),
      h('div', { role: 'presentation', style: { height: `${(rows.length - end) * rowHeight}px` } }),
    ),
  )
}

function HeadRow({ view, change }: Omit<CityTableOptions, 'rows'>) {
  const cells = heads.map(([column, name]) =>
    column === undefined
      ? h('div', { key: name, role: 'columnheader' }, name)
      : h(SortingHead, { key: name, column, name, view, change }),
  )
  return h('div', { role: 'row', class: 'city-row', 'aria-rowindex': 1 }, cells)
}

type SortingHeadOptions = Omit<CityTableOptions, 'rows'> & { column: Column; name: string }

function SortingHead({ column, name, view, change }: SortingHeadOptions) {
  const isSorted = column === view.column
  const arrow = view.isDescending ? '▾' : '▴'
  const sort = () => change({ column, isDescending: isSorted && !view.isDescending })
  return h(
    'div',
    { role: 'columnheader', 'aria-sort': isSorted ? (view.isDescending ? 'descending' : 'ascending') : undefined },
    h(
      'button',
      { type: 'button', class: 'quiet', onClick: sort },
      name,
      h('span', { 'aria-hidden': true }, isSorted ? arrow : ''),
    ),
  )
}

type ScrollerRef = { readonly current: HTMLDivElement | null }

/** What is in sight below the head, which stays on top. The height of a row is the style's: it is another on a phone. */
function useSight(scroller: ScrollerRef) {
  const [seen, setSeen] = useState({ sight: { top: 0, height: 600 }, rowHeight: 44 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const look = () => {
      const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 44
      setSeen({ sight: { top: element.scrollTop, height: element.clientHeight - headHeight }, rowHeight })
    }
    const sizes = new ResizeObserver(look)
    sizes.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      sizes.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [scroller])
  return seen
}

/** Arrows, Home and End go from one city's link to another's, also to one that has yet to be drawn. */
function useWalk(scroller: ScrollerRef, count: number, rowHeight: number) {
  const goal = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    if (goal.current === undefined) return
    const link = linkAt(scroller.current, goal.current)
    if (link === null) return
    goal.current = undefined
    link.focus({ preventScroll: true })
  })
  return (event: KeyboardEvent) => {
    const from = Number((event.target as Element).closest('[data-index]')?.getAttribute('data-index'))
    const to = goalOf(event.key, from, count)
    const element = scroller.current
    if (to === undefined || element === null || Number.isNaN(from)) return
    event.preventDefault()
    const top = to * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    const height = element.clientHeight - headHeight
    if (top + rowHeight > element.scrollTop + height) element.scrollTop = top + rowHeight - height
    const link = linkAt(element, to)
    if (link === null) goal.current = to
    else link.focus({ preventScroll: true })
  }
}

function goalOf(key: string, from: number, count: number): number | undefined {
  const goals: Record<string, number> = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: count - 1 }
  const goal = goals[key]
  return goal === undefined ? undefined : Math.max(0, Math.min(count - 1, goal))
}

function linkAt(scroller: HTMLElement | null, index: number): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>(`[data-index="${index}"] a`) ?? null
}
