// One priority notice, with the way to its post.
import { h } from 'preact'
import { CityName } from '../rooms/city-name.ts'
import { clockText } from '../rooms/feed-words.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import type { Notice } from './notices.ts'

export function NoticeRow({ notice: { guid, room, author, origin, text, at } }: { notice: Notice }) {
  const { alerts, rooms } = useStores()
  return h(
    'li',
    { class: 'alert priority asks' },
    h('span', { class: 'sign', 'aria-hidden': 'true' }, '!'),
    h(
      'div',
      { class: 'what' },
      h(
        'p',
        { class: 'about' },
        h('strong', {}, 'Priority notice'),
        h('a', { href: hrefOf({ view: 'room', room, guid }) }, room),
        h('bdi', {}, author),
        h(CityName, { id: origin }),
        h('time', { dateTime: new Date(at).toISOString() }, clockText(at, rooms.prefs.zone.value)),
      ),
      h('p', { class: 'text', dir: 'auto' }, text),
    ),
    h(
      'button',
      { type: 'button', onClick: () => alerts.notices.ack(guid) },
      'Acknowledge',
      h('span', { class: 'hidden-visually' }, `: ${text}`),
    ),
  )
}
