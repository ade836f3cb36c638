// All rooms, for who has none open yet. On a wide screen they stand beside the one that is open, too.
import { h } from 'preact'
import { RoomList } from './room-list.ts'

export function RoomsView() {
  return h(
    'div',
    { class: 'rooms-page' },
    h('section', { class: 'rooms-side' }, h('h1', {}, 'Rooms'), h(RoomList, { open: undefined })),
    h('div', { class: 'rooms-none' }, h('p', { class: 'help' }, 'Choose a room to read it.')),
  )
}
