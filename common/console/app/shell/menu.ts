// A button that opens a sheet with more of them. It closes by the button, by Escape, and when somebody presses or goes elsewhere.
import { type ComponentChildren, h } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export function Menu({ name, children }: { name: string; children?: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null)
  const [isOpen, setOpen] = useState(false)
  // Heard from the moment it is seen.
  useLayoutEffect(() => (isOpen ? onLeaving(box.current, () => setOpen(false)) : undefined), [isOpen])
  return h(
    'div',
    { class: 'menu', ref: box },
    h('button', { type: 'button', class: 'quiet', 'aria-expanded': isOpen, onClick: () => setOpen(!isOpen) }, name),
    // It takes the focus itself where somebody presses between its buttons.
    isOpen && h('div', { class: 'menu-sheet', role: 'group', 'aria-label': name, tabIndex: -1 }, children),
  )
}

/** Until the returned function is called. By Escape the focus goes to the button. */
function onLeaving(box: HTMLElement | null, leave: () => void): () => void {
  const ends = new AbortController()
  const look = ({ target }: Event) => {
    if (target instanceof Node && box?.contains(target) === false) leave()
  }
  const press = ({ key }: KeyboardEvent) => {
    if (key !== 'Escape') return
    leave()
    box?.querySelector('button')?.focus()
  }
  for (const kind of ['pointerdown', 'focusin']) document.addEventListener(kind, look, ends)
  document.addEventListener('keydown', press, ends)
  return () => ends.abort()
}
