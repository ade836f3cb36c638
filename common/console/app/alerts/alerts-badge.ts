// How many alerts have not been looked at.
import { h } from 'preact'
import { useStores } from '../stores.ts'

export function AlertsBadge() {
  const { alerts } = useStores()
  const { length } = alerts.list.value
  return length === 0 ? null : h('span', { class: 'badge' }, String(length))
}
