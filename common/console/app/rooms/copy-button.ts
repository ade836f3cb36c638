// A button that copies a text, and says whether it did.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { copyText } from './hand-over.ts'

const saidMs = 2000

export function CopyButton({ label, of }: { label: string; of: () => string }) {
  const said = useSignal('')
  const copy = async () => {
    said.value = (await copyText(of())) ? 'Copied' : 'Not copied'
    setTimeout(() => {
      said.value = ''
    }, saidMs)
  }
  return h(
    'button',
    { type: 'button', class: 'quiet small', onClick: copy },
    said.value || label,
    h('span', { class: 'hidden-visually', role: 'status' }, said.value),
  )
}
