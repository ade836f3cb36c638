// The bar above a feed: which room, and what can be done with it.
import type { Signal } from '@preact/signals'
import { h } from 'preact'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { ExportMenu } from './export-menu.ts'
import { zoneText } from './feed-words.ts'
import type { RoomFeed } from './room-feed.ts'
import { roomTitle } from './room-title.ts'
import { noFilter } from './search.ts'

export function RoomBar({ open, isSearching }: { open: RoomFeed; isSearching: Signal<boolean> }) {
  const { rooms, network } = useStores()
  const head = rooms.heads.value.find(({ room }) => room === open.room)
  const search = () => {
    isSearching.value = !isSearching.value
    if (!isSearching.value && open.isFiltered) void open.openNewest(noFilter)
  }
  return h(
    'div',
    { class: 'room-bar' },
    h('a', { class: 'button quiet back', href: hrefOf({ view: 'rooms' }), 'aria-label': 'All rooms' }, '←'),
    h('h1', {}, roomTitle(head ?? { room: open.room }, network.server.value?.name)),
    h('span', { class: 'help room-count' }, head === undefined ? '' : countText(head.head - head.first + 1)),
    h(
      'div',
      { class: 'room-tools' },
      h('button', { type: 'button', class: 'quiet', 'aria-expanded': isSearching.value, onClick: search }, 'Search'),
      h(ExportMenu, { open }),
      h(ZoneButton, {}),
    ),
  )
}

function countText(posts: number): string {
  return posts === 1 ? '1 post' : `${posts.toLocaleString('en')} posts`
}

function ZoneButton() {
  const { rooms } = useStores()
  const zone = rooms.prefs.zone.value
  const other = zone === 'utc' ? 'local' : 'utc'
  const name = zone === 'utc' ? 'UTC' : 'local'
  const title = `Times: ${name}. Show ${other === 'utc' ? 'UTC' : `local time (${zoneText(Date.now(), 'local')})`}`
  return h(
    'button',
    { type: 'button', class: 'quiet zone', title, 'aria-label': title, onClick: () => rooms.prefs.setZone(other) },
    h('span', { class: 'wide-only' }, 'Times: '),
    name,
  )
}
