// One room: the other rooms beside it, its feed with what is looked for in it, and below it the place to write.
import { type Signal, useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Session } from '#common/network.ts'
import { Composer } from '../compose/composer.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { Announcer } from './announcer.ts'
import { FeedList } from './feed-list.ts'
import { FilterBar } from './filter-bar.ts'
import { RoomBar } from './room-bar.ts'
import type { RoomFeed } from './room-feed.ts'
import { RoomList } from './room-list.ts'
import { type Filter, isFiltered, noFilter } from './search.ts'

export interface RoomViewProps {
  room: string
  /** The post to show, of a permalink. */
  guid: string | undefined
  session: Session
}

export function RoomView({ room, guid, session }: RoomViewProps) {
  const { rooms } = useStores()
  const isSearching = useSignal(false)
  const open = useMemo(() => rooms.openFeed(room), [rooms, room])
  // Where the line "new posts" stands is settled when the room is opened.
  const seenTo = useMemo(
    () => ((rooms.unread.value.get(room) ?? 0) > 0 ? (rooms.marks.value[room]?.offset ?? null) : null),
    [rooms, room],
  )
  useEffect(() => () => open.close(), [open])
  const left = usePlace({ open, guid, isSearching })
  return h(
    'div',
    { class: 'rooms-page has-room' },
    h('aside', { class: 'rooms-side', 'aria-label': 'Other rooms' }, h(RoomList, { open: room })),
    h(
      'section',
      { class: isSearching.value ? 'room searching' : 'room', 'aria-label': `Room ${room}` },
      h(RoomBar, { open, isSearching }),
      isSearching.value && h(FilterBar, { open }),
      session.role !== 'viewer' &&
        h('a', { class: 'skip', href: '#compose-text', onClick: skipToText }, 'Skip to writing'),
      h(FeedPlace, { open, guid, seenTo, onNewest: left }),
      session.role !== 'viewer' && h(Composer, { room, session }),
      h(Announcer, { room }),
    ),
  )
}

interface PlaceOptions {
  open: RoomFeed
  guid: string | undefined
  isSearching: Signal<boolean>
}

/**
 * What the feed shows follows the address: a post that was found is shown among those around it, and the way back leads to what was
 * found. Gives what forgets that.
 */
function usePlace({ open, guid, isSearching }: PlaceOptions): () => void {
  const left = useRef<Filter>(noFilter)
  useEffect(() => {
    if (guid !== undefined) {
      if (!open.isFiltered && open.feed.value?.posts.some(post => post.guid === guid)) return
      left.current = open.filter.value
      isSearching.value = false
      void open.openAt(guid)
    } else if (isFiltered(left.current)) {
      void open.openNewest(left.current)
      isSearching.value = true
      left.current = noFilter
    } else if (open.feed.value === undefined) void open.openNewest()
  }, [open, guid])
  return () => {
    left.current = noFilter
  }
}

/** Past links and buttons of all posts in sight. */
function skipToText(event: Event): void {
  event.preventDefault()
  document.getElementById('compose-text')?.focus()
}

interface FeedPlaceProps {
  open: RoomFeed
  guid: string | undefined
  seenTo: number | null
  /** Somebody wants to see the newest. */
  onNewest: () => void
}

function FeedPlace({ open, guid, seenTo, onNewest: leave }: FeedPlaceProps) {
  const { live } = useStores()
  const feed = open.feed.value
  const fault = open.fault.value
  const isThere = live.state.value.state === 'live'
  // What failed while the server was away is done when it is back.
  useEffect(() => {
    if (isThere && open.fault.peek() !== '') open.retry()
  }, [isThere, open])
  const onNewest = () => {
    leave()
    void open.openNewest()
    if (guid !== undefined) location.hash = hrefOf({ view: 'room', room: open.room })
  }
  return h(
    'div',
    { class: 'feed-place' },
    fault !== '' && h(FeedFault, { open, onNewest }),
    feed === undefined && fault === '' && h('p', { class: 'feed-empty', role: 'status' }, 'Loading…'),
    feed !== undefined && feed.posts.length === 0 && feed.reachesStart && h(NoPosts, { open }),
    feed !== undefined &&
      (feed.posts.length > 0 || !feed.reachesStart) &&
      h(FeedList, { open, feed, target: guid, seenTo, onNewest }),
    h('p', { class: 'hidden-visually', role: 'status' }, open.reading.value === 'older' ? 'Reading older posts' : ''),
  )
}

function FeedFault({ open, onNewest }: { open: RoomFeed; onNewest: () => void }) {
  return h(
    'div',
    { class: 'feed-fault fault', role: 'alert' },
    h('span', {}, open.fault.value),
    h('button', { type: 'button', class: 'small', onClick: () => open.retry() }, 'Try again'),
    open.feed.value === undefined &&
      h('button', { type: 'button', class: 'small', onClick: onNewest }, 'Show the newest'),
  )
}

function NoPosts({ open }: { open: RoomFeed }) {
  const words = open.isFiltered
    ? 'No post matches. Look for less, or over a longer time.'
    : 'Nothing has been said here yet. Posts of all cities appear as they come.'
  return h('p', { class: 'feed-empty' }, words)
}
