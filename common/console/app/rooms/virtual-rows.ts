// A long list on the screen: of its rows only those in sight are in the document, and the box is scrolled to where row-places.ts says.
import type { RefObject } from 'preact'
import { useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks'
import { type Keyed, type Range, RowPlaces } from './row-places.ts'

export interface VirtualRows {
  /** What scrolls. */
  box: RefObject<HTMLDivElement | null>
  /** What has the drawn rows, a child each, `top` pixels below the begin of all. */
  sheet: RefObject<HTMLDivElement | null>
  /** Of all rows, in pixels. */
  height: number
  top: number
  drawn: Range
  /** Undefined until something is in sight. */
  sight: Range | undefined
  isAtEnd: boolean
  toEnd: () => void
  /** Puts the row with this key in the middle, and holds it there until somebody scrolls. */
  toRow: (key: string) => void
}

/** So long after its last movement nothing glides any more. */
const stillMs = 150

/** `estimate`: pixels, until a row is measured. */
export function useVirtualRows<T extends Keyed>(rows: readonly T[], estimate: (row: T) => number): VirtualRows {
  const [, redraw] = useReducer<number, void>(n => n + 1, 0)
  const [box, sheet] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)]
  const places = useMemo(() => new RowPlaces(estimate), [])
  const glide = useMemo(() => ({ isOn: false, shift: 0 }), [])
  const look = () => box.current && places.look(box.current.scrollTop - glide.shift, box.current.clientHeight)
  look()
  places.setRows(rows)
  // Under a finger, or gliding on behind it, the box may not be put elsewhere (iOS would stop it): meanwhile the rows are.
  glide.shift = glide.isOn && box.current !== null ? box.current.scrollTop - places.top : 0
  const { drawn, sight, isAtEnd, height } = places
  const settle = () => {
    if (box.current === null || sheet.current === null) return
    if (!glide.isOn) box.current.scrollTop = places.top
    places.put(box.current.scrollTop - glide.shift)
    const heights = [...sheet.current.children].map(row => row.getBoundingClientRect().height)
    if (places.measured(drawn.first, heights, box.current.clientHeight)) redraw()
  }
  useLayoutEffect(settle)
  useChanges(box, sheet, {
    onScroll: () => {
      look()
      const isSame = sight?.first === places.sight?.first && sight?.end === places.sight?.end
      if (!isSame || isAtEnd !== places.isAtEnd) redraw()
    },
    onSize: () => {
      look()
      settle()
    },
    onGlide: isOn => {
      glide.isOn = isOn
      redraw()
    },
  })
  const hold = (job: () => void) => () => {
    job()
    redraw()
  }
  return {
    ...{ box, sheet, drawn, sight, isAtEnd, height, top: places.topOf(drawn.first) + glide.shift },
    toEnd: hold(() => places.holdEnd()),
    toRow: key => hold(() => places.holdRow(key))(),
  }
}

interface Changes {
  onScroll: () => void
  /** The box or a row has another size. */
  onSize: () => void
  /** True: a finger is on the box. False: it is off, and nothing glides on. */
  onGlide: (isOn: boolean) => void
}

type Ref = RefObject<HTMLDivElement | null>

/** Tells the newest `changes`. */
function useChanges(box: Ref, sheet: Ref, changes: Changes): void {
  const latest = useRef(changes)
  latest.current = changes
  useLayoutEffect(() => {
    if (box.current === null || sheet.current === null) return undefined
    const leaving = new AbortController()
    const sizes = new ResizeObserver(() => latest.current.onSize())
    for (const part of [box.current, sheet.current]) sizes.observe(part)
    const options = { passive: true, signal: leaving.signal }
    box.current.addEventListener('scroll', () => latest.current.onScroll(), options)
    watchGliding(box.current, isOn => latest.current.onGlide(isOn), leaving.signal)
    return () => {
      leaving.abort()
      sizes.disconnect()
    }
  }, [])
}

function watchGliding(element: HTMLElement, tell: (isOn: boolean) => void, signal: AbortSignal): void {
  const options = { passive: true, signal }
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const wait = () => {
    stop()
    timer = setTimeout(() => {
      stop()
      tell(false)
    }, stillMs)
  }
  const begin = () => {
    stop()
    tell(true)
  }
  element.addEventListener('touchstart', begin, options)
  for (const name of ['touchend', 'touchcancel']) element.addEventListener(name, wait, options)
  element.addEventListener('scroll', () => timer !== undefined && wait(), options)
}
