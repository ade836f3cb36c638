// Where net control writes a post.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import type { Session } from '#common/network.ts'
import { useStores } from '../stores.ts'

export function Composer({ room, session }: { room: string; session: Session }) {
  const { api } = useStores()
  const text = useSignal('')
  const submit = async (event: Event) => {
    event.preventDefault()
    await api.ask(`/api/v1/rooms/${encodeURIComponent(room)}/posts`, {
      method: 'POST',
      body: { text: text.value, author: session.who },
    })
    text.value = ''
  }
  return h(
    'form',
    { onSubmit: submit },
    h('label', { for: 'text' }, 'Post'),
    h('textarea', {
      id: 'text',
      value: text.value,
      onInput: (event: Event & { currentTarget: HTMLTextAreaElement }) => {
        text.value = event.currentTarget.value
      },
    }),
    h('button', { type: 'submit', class: 'primary' }, 'Send'),
  )
}
