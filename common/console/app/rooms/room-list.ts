// The rooms with what was last said in each, and how much of it is new.
import { h } from 'preact'
import type { RoomHead } from '#common/room-shapes.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { authorWord } from './export-text.ts'
import type { FeedPost } from './feed-post.ts'
import { timeWords } from './feed-words.ts'
import { roomTitle } from './room-title.ts'
import { countWords } from './unread.ts'

export function RoomList({ open }: { open: string | undefined }) {
  const { rooms } = useStores()
  const heads = rooms.heads.value
  if (heads.length === 0)
    return h('p', { class: 'help', role: 'status' }, emptyWords(rooms.isLoaded.value, rooms.fault.value))
  return h(
    'nav',
    { 'aria-label': 'Rooms' },
    h(
      'ul',
      { class: 'room-list' },
      heads.map(head => h(RoomEntry, { key: head.room, head, isOpen: head.room === open })),
    ),
  )
}

function emptyWords(isLoaded: boolean, fault: string): string {
  if (fault !== '') return `The rooms cannot be read: ${fault}.`
  if (!isLoaded) return 'Loading…'
  return 'There are no rooms yet: the first post of a city makes its room, or the config of this server names one.'
}

function RoomEntry({ head: { room, name, head }, isOpen }: { head: RoomHead; isOpen: boolean }) {
  const { rooms, network } = useStores()
  const unread = rooms.unread.value.get(room) ?? 0
  const post = rooms.newest.value.get(room)
  return h(
    'li',
    {},
    h(
      'a',
      {
        href: hrefOf({ view: 'room', room }),
        class: unread > 0 ? 'has-new' : undefined,
        'aria-current': isOpen ? 'page' : undefined,
      },
      h('span', { class: 'room-name' }, roomTitle({ room, name }, network.server.value?.name)),
      post !== undefined &&
        h('time', { class: 'room-time' }, timeWords(post.receivedAt, network.now(), rooms.prefs.zone.value)),
      h(
        'span',
        { class: 'room-last' },
        post === undefined ? (head === 0 ? 'No posts yet' : '') : h(LastPost, { post }),
      ),
      unread > 0 &&
        h(
          'span',
          { class: 'badge' },
          countWords(unread),
          h('span', { class: 'hidden-visually' }, unread === 1 ? ' new post' : ' new posts'),
        ),
    ),
  )
}

function LastPost({ post }: { post: FeedPost }) {
  return [h('bdi', { key: 'by' }, authorWord(post)), ': ', h('bdi', { key: 'said' }, post.text.replaceAll('\n', ' '))]
}
