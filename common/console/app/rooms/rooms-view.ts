// The rooms, for who has none open yet. Where there is space beside them, the one with news is open at once.
import { h } from 'preact'
import { useMemo } from 'preact/hooks'
import { useStores } from '../stores.ts'
import { RoomList } from './room-list.ts'
import { RoomView } from './room-view.ts'

/** As in rooms.css. */
const wide = '(min-width: 761px)'

export function RoomsView() {
  const { rooms, session } = useStores()
  const now = session.state.value
  const isLoaded = rooms.isLoaded.value
  const first = useMemo(() => {
    if (!isLoaded || !window.matchMedia(wide).matches) return undefined
    const heads = rooms.heads.peek()
    return heads.find(({ room }) => (rooms.unread.peek().get(room) ?? 0) > 0) ?? heads[0]
  }, [rooms, isLoaded])
  if (first !== undefined && now.state === 'in')
    return h(RoomView, { key: first.room, room: first.room, guid: undefined, session: now.session })
  return h(
    'div',
    { class: 'rooms-page' },
    h('section', { class: 'rooms-side' }, h('h1', {}, 'Rooms'), h(RoomList, { open: undefined })),
  )
}
