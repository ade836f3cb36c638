// Light, dark, or as the system says; kept in this browser.
import { signal } from '@preact/signals'
import { h } from 'preact'
import { useStores } from '../stores.ts'
import { keepText } from './kept.ts'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]
const key = 'mcfed.theme'
const theme = signal<Theme>('system')

export function startTheme(storage: Storage): void {
  const kept = storage.getItem(key)
  set(themes.find(name => name === kept) ?? 'system')
}

export function ThemeButton() {
  const { storage } = useStores()
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system'
  const change = () => {
    set(next)
    keepText(storage, key, next)
  }
  return h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      title: `Colours: ${theme.value}; change to ${next}`,
      'aria-label': `Colours: ${theme.value}. Change to ${next}`,
      onClick: change,
    },
    icons[theme.value],
  )
}

const icons: Readonly<Record<Theme, string>> = { system: '◐', light: '☀', dark: '☾' }

function set(name: Theme): void {
  theme.value = name
  if (name === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = name
}
