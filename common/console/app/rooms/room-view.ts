// One room: its feed, and below it the place to write.
import { h } from 'preact'
import type { Session } from '#common/network.ts'
import { Composer } from '../compose/composer.ts'
import { useStores } from '../stores.ts'

export interface RoomViewProps {
  room: string
  /** The post to show, of a permalink. */
  guid: string | undefined
  session: Session
}

export function RoomView({ room, session }: RoomViewProps) {
  const { rooms } = useStores()
  return h(
    'section',
    { class: 'room' },
    h('h1', {}, room),
    h(
      'ol',
      {},
      rooms.posts.value.get(room)?.map(post => h('li', { key: post.guid }, `${post.author.name}: ${post.text}`)),
    ),
    session.role !== 'viewer' && h(Composer, { room, session }),
  )
}
