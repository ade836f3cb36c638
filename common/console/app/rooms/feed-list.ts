// The feed on the screen: rows in sight, older ones as somebody scrolls back, and a way to the newest.
import { h } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { useStores } from '../stores.ts'
import { type Feed, isLive } from './feed.ts'
import { FeedRowView } from './feed-row.ts'
import { type FeedRow, feedRows, lossesOf } from './feed-rows.ts'
import { moveAmongPosts } from './post-focus.ts'
import type { RoomFeed } from './room-feed.ts'
import { isNarrowed } from './search.ts'
import { useVirtualRows, type VirtualRows } from './virtual-rows.ts'

export interface FeedListProps {
  open: RoomFeed
  feed: Feed
  /** A post to show in the middle. */
  target: string | undefined
  /** Up to where it had been seen when the room was opened. */
  seenTo: number | null
  onNewest: () => void
}

/** Rows from the end of what is read at which more is asked for. */
const earlyRows = 15
const estimates: Readonly<Record<FeedRow['kind'], number>> = {
  post: 60,
  day: 46,
  unread: 36,
  gap: 52,
  loss: 52,
  reset: 52,
  start: 60,
}

export function FeedList({ open, feed, target, seenTo, onNewest }: FeedListProps) {
  const { rooms, alerts } = useStores()
  const zone = rooms.prefs.zone.value
  const isDense = !open.isFiltered
  const filter = open.filter.value
  const losses = useMemo(
    () => (isNarrowed(filter) ? [] : lossesOf(alerts.list.value, open.room)),
    [alerts.list.value, open.room, filter],
  )
  const list = useMemo(() => feedRows(feed, { zone, seenTo, isDense, losses }), [feed, zone, seenTo, isDense, losses])
  const rows = useVirtualRows(list, ({ kind }) => estimates[kind])
  const isAtEnd = isLive(feed) && rows.isAtEnd
  const isHidden = usePageHidden()
  useOpening({ rows, list, target, opened: open.opened.value })
  useMoreAtEdges(rows, list.length, open)
  useEffect(() => {
    const last = list[(rows.sight?.end ?? 0) - 1]
    if (isDense && last?.kind === 'post' && !isHidden)
      rooms.seen(open.room, { epoch: feed.epoch, offset: isAtEnd ? feed.high : last.post.offset })
  })
  return h(
    'div',
    { class: 'feed-frame' },
    h(
      'div',
      {
        ...{ class: 'feed', ref: rows.box, tabIndex: 0, role: 'region', 'aria-label': `Posts of ${open.room}` },
        'aria-busy': open.reading.value !== 'idle',
        onKeyDown: moveAmongPosts,
      },
      h(Rows, { rows, list, target, open, head: open.isFiltered ? -1 : feed.head }),
    ),
    !isAtEnd && list.length > 0 && h(ToNewest, { feed, onClick: () => (isLive(feed) ? rows.toEnd() : onNewest()) }),
  )
}

interface RowsProps {
  rows: VirtualRows
  list: readonly FeedRow[]
  target: string | undefined
  open: RoomFeed
  head: number
}

function Rows({ rows, list, target, open, head }: RowsProps) {
  const { first, end } = rows.drawn
  return h(
    'div',
    { class: 'feed-rows', style: { height: `${rows.height}px` } },
    h(
      'div',
      { class: 'feed-sight', ref: rows.sheet, style: { transform: `translateY(${rows.top}px)` } },
      list
        .slice(first, end)
        .map((row, i) =>
          h(
            'div',
            { key: row.key, class: `feed-row ${first + i === list.length - 1 ? 'last' : ''}` },
            h(FeedRowView, { row, isTarget: row.key === target, filter: open.filter.value, head }),
          ),
        ),
    ),
  )
}

function ToNewest({ feed, onClick }: { feed: Feed; onClick: () => void }) {
  const [high] = useState(feed.head)
  const fresh = feed.head - high
  const words = fresh > 0 ? `${fresh} new ${fresh === 1 ? 'post' : 'posts'}` : 'To the newest'
  return h('button', { type: 'button', class: 'to-newest', onClick }, words, h('span', { 'aria-hidden': true }, ' ↓'))
}

interface OpeningOptions {
  rows: VirtualRows
  list: readonly FeedRow[]
  target: string | undefined
  opened: number
}

/** A feed that was opened begins at its end, or at the post that is looked for. */
function useOpening({ rows, list, target, opened }: OpeningOptions): void {
  useLayoutEffect(() => {
    if (target !== undefined && list.some(({ key }) => key === target)) rows.toRow(target)
    else rows.toEnd()
  }, [target, opened])
}

function useMoreAtEdges(rows: VirtualRows, count: number, open: RoomFeed): void {
  const { sight } = rows
  useEffect(() => {
    if (sight === undefined || open.fault.value !== '') return
    if (sight.first < earlyRows) void open.older()
    if (sight.end > count - earlyRows) void open.newer()
  }, [sight?.first, sight?.end, count, open.reading.value])
}

/** Nobody sees what comes while the page is behind another one. */
function usePageHidden(): boolean {
  const [isHidden, setHidden] = useState(document.hidden)
  useEffect(() => {
    const look = () => setHidden(document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isHidden
}
