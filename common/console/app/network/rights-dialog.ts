// Asks what a city may do in a room, and grants that.
import { h } from 'preact'
import { useState } from 'preact/hooks'
import type { City } from '#common/network.ts'
import { useStores } from '../stores.ts'
import { Dialog } from './dialog.ts'

export interface RightsDialogOptions {
  city: City
  /** `*`: every room that is not named. */
  room: string
  right: { read: boolean; write: boolean }
  onClose: () => void
  onDecided: () => void
}

export function RightsDialog({ city, room, right, onClose, onDecided }: RightsDialogOptions) {
  const { api } = useStores()
  const [wanted, setWanted] = useState(right)
  const path = `/api/v1/spokes/${encodeURIComponent(city.id)}/rooms/${encodeURIComponent(room)}`
  const decide = async () => {
    await api.ask(path, { method: 'PUT', body: wanted })
    onDecided()
  }
  const box = (name: 'read' | 'write', words: string) =>
    h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked: wanted[name],
        onChange: event => setWanted({ ...wanted, [name]: event.currentTarget.checked }),
      }),
      words,
    )
  return h(
    Dialog,
    { title: `${city.name} in ${room === '*' ? 'all other rooms' : room}`, verb: 'Grant', decide, onClose },
    box('read', 'It gets the posts of the room'),
    box('write', 'Its posts are taken in'),
    h(
      'p',
      { class: 'help' },
      'It holds at every hub instance within 5 seconds; the link is made anew. No post is lost.',
    ),
  )
}
