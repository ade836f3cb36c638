// The page for who is not signed in.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { WaitingNote } from '../compose/outbox-banner.ts'
import { useStores } from '../stores.ts'

const surprise = 'You are signed out: your token holds no more, or somebody signed out in another tab.'

export function SignIn({ isSurprise }: { isSurprise: boolean }) {
  const { session } = useStores()
  const token = useSignal('')
  const fault = useSignal(isSurprise ? surprise : '')
  const isBusy = useSignal(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: Event) => {
    event.preventDefault()
    isBusy.value = true
    fault.value = ''
    try {
      await session.signIn(token.value.trim())
    } catch (error) {
      fault.value = error instanceof Error ? error.message : String(error)
    }
    isBusy.value = false
  }
  return h(
    'main',
    { class: 'sign-in' },
    h(
      'form',
      { class: 'card', onSubmit: submit },
      h('h1', {}, 'Net control'),
      h(WaitingNote, {}),
      h('label', { for: 'token' }, 'Token'),
      h('input', {
        ref: field,
        id: 'token',
        name: 'token',
        type: 'password',
        autocomplete: 'current-password',
        required: true,
        spellcheck: false,
        'aria-describedby': 'token-help token-fault',
        value: token.value,
        onInput: (event: Event & { currentTarget: HTMLInputElement }) => {
          token.value = event.currentTarget.value
        },
      }),
      h(
        'p',
        { id: 'token-help', class: 'help' },
        'At a hub, its machine makes one: federation-hub token create --role operator. At an edge it is operator_token, api_token or viewer_token in its room.conf.',
      ),
      h('p', { id: 'token-fault', class: 'fault', role: 'alert' }, fault.value),
      h(
        'button',
        { type: 'submit', class: 'primary', disabled: isBusy.value },
        isBusy.value ? 'Signing in…' : 'Sign in',
      ),
    ),
  )
}
