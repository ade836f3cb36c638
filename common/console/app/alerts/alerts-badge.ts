// How many alerts and priority notices nobody here has acknowledged.
import { h } from 'preact'
import { useStores } from '../stores.ts'

const shownMax = 99

export function AlertsBadge() {
  const { alerts } = useStores()
  const count = alerts.count.value
  if (count === 0) return null
  return h(
    'span',
    { class: 'badge alerts-badge' },
    count > shownMax ? `${shownMax}+` : String(count),
    h('span', { class: 'hidden-visually' }, ' not acknowledged'),
  )
}
