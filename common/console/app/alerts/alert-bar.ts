// Above every view: priority notices and new alerts until somebody acknowledges them, and the same for who listens to the page.
import { h } from 'preact'
import type { Alert } from '#common/alerts/alerts.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { kindWords, sentence } from './kinds-words.ts'
import { NoticeRow } from './notice-row.ts'

/** Of each kind; a phone shows little more. */
const shownMax = 3

export function AlertBar() {
  const { alerts, route } = useStores()
  const notices = alerts.notices.list.value
  const fresh = alerts.fresh.value
  const newest = notices.at(-1)
  const isOnPage = route.value.view === 'alerts'
  return h(
    'div',
    { class: 'alert-bar' },
    h('p', { class: 'hidden-visually', role: 'alert' }, newest && `Priority notice: ${newest.author}: ${newest.text}`),
    h('p', { class: 'hidden-visually', role: 'status' }, fresh.at(-1)?.text),
    !isOnPage && notices.length > 0 && h(NewNotices, {}),
    !isOnPage && fresh.length > 0 && h(NewAlerts, {}),
  )
}

function NewNotices() {
  const { alerts } = useStores()
  const notices = alerts.notices.list.value
  const more = notices.length - shownMax
  return h(
    'section',
    { 'aria-label': 'Priority notices' },
    h(
      'ul',
      {},
      notices.slice(-shownMax).map(notice => h(NoticeRow, { key: notice.guid, notice })),
    ),
    more > 0 && h('p', { class: 'more' }, h('a', { href: hrefOf({ view: 'alerts' }) }, `${more} more`)),
  )
}

function NewAlerts() {
  const { alerts } = useStores()
  const fresh = alerts.fresh.value
  const more = fresh.length - shownMax
  const ackAll = () => alerts.ack(...fresh.map(({ n }) => n))
  return h(
    'section',
    { class: 'new-alerts', 'aria-label': 'New alerts' },
    h(
      'ul',
      {},
      fresh
        .slice(-shownMax)
        .toReversed()
        .map(alert => h(NewAlert, { key: alert.n, alert })),
    ),
    more > 0 &&
      h(
        'p',
        { class: 'more' },
        h('a', { href: hrefOf({ view: 'alerts' }) }, `${more} more`),
        h('button', { type: 'button', onClick: ackAll }, `Acknowledge all ${fresh.length}`),
      ),
  )
}

function NewAlert({ alert: { n, kind, text } }: { alert: Alert }) {
  const { alerts } = useStores()
  return h(
    'li',
    { class: 'new-alert' },
    h('span', { class: 'sign', 'aria-hidden': 'true' }, '▲'),
    h('p', {}, h('strong', {}, h('a', { href: hrefOf({ view: 'alerts' }) }, kindWords(kind))), ` ${sentence(text)}`),
    h(
      'button',
      { type: 'button', onClick: () => alerts.ack(n) },
      'Acknowledge',
      h('span', { class: 'hidden-visually' }, `: ${text}`),
    ),
  )
}
