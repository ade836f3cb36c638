// A button that copies a text, and says whether it did.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { copyText } from './hand-over.ts'

const saidMs = 2000

export interface CopyButtonProps {
  label: string
  of: () => string
  look?: string
  disabled?: boolean
}

export function CopyButton({ label, of, look = 'quiet small', disabled = false }: CopyButtonProps) {
  const said = useSignal('')
  const copy = async () => {
    said.value = (await copyText(of())) ? 'Copied' : 'Not copied'
    setTimeout(() => {
      said.value = ''
    }, saidMs)
  }
  return h(
    'button',
    { type: 'button', class: look, disabled, onClick: copy },
    said.value || label,
    h('span', { class: 'hidden-visually', role: 'status' }, said.value),
  )
}
