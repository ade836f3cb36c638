// One alert: what it is, of whom, since when, and a button to say that it was seen.
import { h } from 'preact'
import type { Alert } from '#common/alerts/alerts.ts'
import { stampText } from '../rooms/feed-words.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { kindWords, sentence, signOf } from './kinds-words.ts'

export interface AlertRowProps {
  alert: Alert
  /** More of its time, like `for 12 min`. */
  since?: string
  /** It is shown above, among what is not over yet, with its button. */
  isAbove?: boolean
}

export function AlertRow({ alert, since, isAbove = false }: AlertRowProps) {
  const { alerts, rooms } = useStores()
  const { n, at, kind, text } = alert
  const { sign, word, look } = signOf(alert)
  const asks = alerts.asks(alert)
  return h(
    'li',
    { class: `alert ${look} ${asks && !isAbove ? 'asks' : 'seen'}` },
    h('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
    h(
      'div',
      { class: 'what' },
      h(
        'p',
        { class: 'about' },
        h('span', { class: 'hidden-visually' }, `${word}: `),
        h('strong', {}, kindWords(kind)),
        h(AboutWhom, { alert }),
        h('time', { dateTime: new Date(at).toISOString() }, stampText(at, rooms.prefs.zone.value)),
        since !== undefined && h('span', {}, since),
        isAbove && h('span', {}, 'not over yet'),
      ),
      h('p', {}, sentence(text)),
    ),
    asks &&
      !isAbove &&
      h(
        'button',
        { type: 'button', onClick: () => alerts.ack(n) },
        'Acknowledge',
        h('span', { class: 'hidden-visually' }, `: ${text}`),
      ),
  )
}

/** Links to the city and the room, where there are any, and to where it is decided who may join. */
function AboutWhom({ alert: { kind, spoke, room } }: { alert: Alert }) {
  const { network } = useStores()
  const isKnown = spoke !== undefined && network.byId.value.has(spoke)
  return [
    isKnown && h('a', { key: 'city', href: hrefOf({ view: 'city', id: spoke }) }, network.nameOf(spoke)),
    room !== undefined && h('a', { key: 'room', href: hrefOf({ view: 'room', room }) }, room),
    kind === 'asks-to-join' && h('a', { key: 'network', href: hrefOf({ view: 'network', form: 'table' }) }, 'Network'),
  ]
}
