// The alerts, the newest first.
import { h } from 'preact'
import { useStores } from '../stores.ts'

export function AlertsView() {
  const { alerts } = useStores()
  return h(
    'section',
    {},
    h('h1', {}, 'Alerts'),
    h(
      'ul',
      {},
      alerts.list.value
        .toReversed()
        .map(({ n, at, text }) => h('li', { key: n }, `${new Date(at).toLocaleString()} ${text}`)),
    ),
  )
}
