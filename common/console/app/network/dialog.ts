// A dialog that asks before something is decided, and says why it could not be done.
import { type ComponentChildren, h } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

export interface DialogOptions {
  title: string
  /** What the button that decides says. */
  verb: string
  isDanger?: boolean
  /** What throws is shown, and the dialog stays. */
  decide: () => Promise<unknown>
  /** However it ends. */
  onClose: () => void
  children?: ComponentChildren
}

/** Open while it is drawn. Escape, or a press beside it, leaves it; the browser keeps the focus in it and gives it back. */
export function Dialog({ title, verb, isDanger = false, decide, onClose, children }: DialogOptions) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [state, setState] = useState({ isBusy: false, fault: '' })
  const titleId = useId()
  useEffect(() => dialog.current?.showModal(), [])
  const submit = async (event: Event) => {
    event.preventDefault()
    setState({ isBusy: true, fault: '' })
    try {
      await decide()
      dialog.current?.close()
    } catch (error) {
      setState({ isBusy: false, fault: error instanceof Error ? error.message : String(error) })
    }
  }
  return h(
    'dialog',
    { ref: dialog, 'aria-labelledby': titleId, closedby: 'any', onClose },
    h(
      'form',
      { onSubmit: submit },
      h('h2', { id: titleId }, title),
      children,
      h('p', { class: 'fault', role: 'alert' }, state.fault),
      h(
        'div',
        { class: 'dialog-buttons' },
        h('button', { type: 'button', onClick: () => dialog.current?.close() }, 'Cancel'),
        h('button', { type: 'submit', class: isDanger ? 'danger' : 'primary', disabled: state.isBusy }, verb),
      ),
    ),
  )
}
