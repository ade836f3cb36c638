// A long list of rows of any height, of which only those in sight are in the document. Who is at its end stays there when it grows.
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks'

export interface VirtualRowsOptions {
  count: number
  keyOf: (index: number) => string
  /** Pixels, until it is measured. */
  estimate: (index: number) => number
  element: () => HTMLElement | null
}

export interface VirtualRows {
  virtualizer: Virtualizer<HTMLElement, HTMLElement>
  isAtEnd: boolean
  toEnd: () => void
  /** Puts the row with this key in the middle, and holds it there until somebody scrolls. */
  toRow: (key: string) => void
}

/** What is held in its place while rows are measured and others come in. */
type Held = { end: true } | { key: string } | undefined

/** Nearer to the end than this (pixels) is at the end. */
const endPx = 24
const handsOn = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const

/** Rows that are drawn have the attribute `data-index` and are given to `measureElement`. */
export function useVirtualRows(options: VirtualRowsOptions): VirtualRows {
  const virtualizer = useVirtualizer(options)
  const { element } = options
  const [isAtEnd, setAtEnd] = useState(true)
  const held = useRef<Held>({ end: true })
  const setTo = useRef(0)
  const settle = () => {
    const box = element()
    if (box === null || held.current === undefined) return
    const top = 'end' in held.current ? box.scrollHeight : middleOf(held.current.key, { virtualizer, options, box })
    if (top === undefined) return
    box.scrollTop = top
    setTo.current = box.scrollTop
  }
  const hold = (what: Held) => {
    held.current = what
    settle()
  }
  const latest = useRef(settle)
  latest.current = settle
  useLayoutEffect(settle)
  useEffect(() => {
    const box = element()
    if (box === null) return
    const look = () => {
      const isEnd = box.scrollHeight - box.scrollTop - box.clientHeight < endPx
      setAtEnd(isEnd)
      if (held.current !== undefined && 'key' in held.current) return
      // A list that has grown is not at its end until it has followed; one that somebody has scrolled back is higher up than we put it.
      if (isEnd) held.current = { end: true }
      else if (box.scrollTop < setTo.current - 1) held.current = undefined
      else latest.current()
    }
    const letGo = () => {
      if (held.current !== undefined && 'key' in held.current) held.current = undefined
    }
    const resized = new ResizeObserver(() => latest.current())
    resized.observe(box)
    // Before the virtualizer hears of it and draws.
    box.addEventListener('scroll', look, { passive: true, capture: true })
    for (const name of handsOn) box.addEventListener(name, letGo, { passive: true })
    return () => resized.disconnect()
  }, [])
  return { virtualizer, isAtEnd, toEnd: () => hold({ end: true }), toRow: key => hold({ key }) }
}

interface Place {
  virtualizer: Virtualizer<HTMLElement, HTMLElement>
  options: VirtualRowsOptions
  box: HTMLElement
}

function middleOf(key: string, { virtualizer, options: { count, keyOf }, box }: Place): number | undefined {
  let index = 0
  while (index < count && keyOf(index) !== key) index += 1
  const row = virtualizer.measurementsCache[index]
  return row && Math.max(0, row.start + row.size / 2 - box.clientHeight / 2)
}

function useVirtualizer({
  count,
  keyOf,
  estimate,
  element,
}: VirtualRowsOptions): Virtualizer<HTMLElement, HTMLElement> {
  const [, redraw] = useReducer<number, void>(n => n + 1, 0)
  const kept = useRef<Virtualizer<HTMLElement, HTMLElement>>(undefined)
  const options = {
    ...{ count, getItemKey: keyOf, estimateSize: estimate, getScrollElement: element, overscan: 8 },
    // Rows that come in above leave those in sight where they are.
    anchorTo: 'end' as const,
    ...{ observeElementRect, observeElementOffset, scrollToFn: elementScroll },
    onChange: () => redraw(),
  }
  kept.current ??= new Virtualizer<HTMLElement, HTMLElement>(options)
  const virtualizer = kept.current
  virtualizer.setOptions(options)
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer])
  useLayoutEffect(() => virtualizer._willUpdate())
  return virtualizer
}
