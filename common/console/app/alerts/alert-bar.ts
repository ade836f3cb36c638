// Above every view: priority notices and new alerts until somebody acknowledges them, and the same for who listens to the page.
import { h } from 'preact'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { kindWords, sentence } from './kinds-words.ts'
import { NoticeRow } from './notice-row.ts'

const noticesShown = 3

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
  const more = notices.length - noticesShown
  return h(
    'section',
    { 'aria-label': 'Priority notices' },
    h(
      'ul',
      {},
      notices.slice(-noticesShown).map(notice => h(NoticeRow, { key: notice.guid, notice })),
    ),
    more > 0 && h('p', { class: 'more' }, h('a', { href: hrefOf({ view: 'alerts' }) }, `${more} more`)),
  )
}

function NewAlerts() {
  const { alerts } = useStores()
  const fresh = alerts.fresh.value
  const last = fresh.at(-1)
  if (last === undefined) return null
  const ackAll = () => {
    for (const { n } of fresh) alerts.ack(n)
  }
  return h(
    'section',
    { class: 'new-alert', 'aria-label': 'New alerts' },
    h('span', { class: 'sign', 'aria-hidden': 'true' }, '▲'),
    h(
      'p',
      {},
      h('strong', {}, h('a', { href: hrefOf({ view: 'alerts' }) }, kindWords(last.kind))),
      ` ${sentence(last.text)}`,
      fresh.length > 1 && `, and ${fresh.length - 1} more`,
    ),
    h('button', { type: 'button', onClick: ackAll }, 'Acknowledge'),
  )
}
