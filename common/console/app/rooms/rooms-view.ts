// All rooms, with how much of each has not been read.
import { h } from 'preact'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'

export function RoomsView() {
  const { rooms } = useStores()
  return h(
    'section',
    {},
    h('h1', {}, 'Rooms'),
    h(
      'ul',
      {},
      rooms.heads.value.map(({ room }) =>
        h('li', { key: room }, h('a', { href: hrefOf({ view: 'room', room }) }, room)),
      ),
    ),
  )
}
