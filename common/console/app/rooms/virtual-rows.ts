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
  /** Puts the row in the middle, and stays where it is from then on. */
  toRow: (index: number) => void
}

/** Nearer to the end than this (pixels) is at the end. */
const endPx = 24

/** Rows that are drawn have the attribute `data-index` and are given to `measureElement`. */
export function useVirtualRows(options: VirtualRowsOptions): VirtualRows {
  const virtualizer = useVirtualizer(options)
  const { element } = options
  const [isAtEnd, setAtEnd] = useState(true)
  // What counts is where a person has scrolled to: a list that grows is not at its end for the moment until it has followed.
  const sticks = useRef(true)
  const toEnd = () => {
    sticks.current = true
    const box = element()
    if (box !== null) box.scrollTop = box.scrollHeight
  }
  const toRow = (index: number) => {
    sticks.current = false
    virtualizer.scrollToIndex(index, { align: 'center' })
  }
  useLayoutEffect(() => {
    if (sticks.current) toEnd()
  })
  useEffect(() => {
    const box = element()
    if (box === null) return
    const look = () => {
      sticks.current = box.scrollHeight - box.scrollTop - box.clientHeight < endPx
      setAtEnd(sticks.current)
    }
    const resized = new ResizeObserver(() => sticks.current && toEnd())
    resized.observe(box)
    // Before the virtualizer hears of it and draws.
    box.addEventListener('scroll', look, { passive: true, capture: true })
    return () => {
      resized.disconnect()
      box.removeEventListener('scroll', look, { capture: true })
    }
  }, [])
  return { virtualizer, isAtEnd, toEnd, toRow }
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
