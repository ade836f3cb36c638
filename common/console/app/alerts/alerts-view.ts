// The alerts: what is not over yet, what asks to be acknowledged, and all that was told, the newest first.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect } from 'preact/hooks'
import { durationWords } from '#common/words.ts'
import { useStores } from '../stores.ts'
import { AlertList } from './alert-list.ts'
import { AlertRow } from './alert-row.ts'
import { NoticeRow } from './notice-row.ts'
import { RingSettings } from './ring-settings.ts'

const tickMs = 15_000

export function AlertsView() {
  const { alerts } = useStores()
  const notices = alerts.notices.list.value
  return h(
    'section',
    { class: 'alerts' },
    h(
      'div',
      { class: 'head' },
      h('h1', {}, 'Alerts'),
      alerts.count.value > 1 &&
        h('button', { type: 'button', onClick: () => alerts.ackAll() }, `Acknowledge all ${alerts.count.value}`),
    ),
    h(RingSettings, {}),
    h('p', { class: 'fault', role: 'alert' }, alerts.fault.value),
    notices.length > 0 &&
      h(
        'section',
        { 'aria-label': 'Priority notices' },
        h('h2', {}, 'Priority notices'),
        h(
          'ul',
          { class: 'alert-list' },
          notices.toReversed().map(notice => h(NoticeRow, { key: notice.guid, notice })),
        ),
      ),
    h(OpenTroubles, {}),
    h(AlertList, {}),
  )
}

function OpenTroubles() {
  const { alerts, network } = useStores()
  const now = useSignal(network.now())
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = network.now()
    }, tickMs)
    return () => clearInterval(timer)
  }, [now, network])
  const open = alerts.open.value
  const name = network.server.value?.name ?? 'this server'
  return h(
    'section',
    { 'aria-label': 'Not over yet' },
    h('h2', {}, 'Not over yet'),
    open.length === 0 &&
      h('p', { class: 'well' }, alerts.isLoaded.value ? `Nothing, as far as ${name} knows.` : 'Loading…'),
    h(
      'ul',
      { class: 'alert-list' },
      open.map(alert => h(AlertRow, { key: alert.n, alert, since: `told ${durationWords(now.value - alert.at)} ago` })),
    ),
  )
}
