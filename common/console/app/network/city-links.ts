// The links that a city has itself: to hubs and to other cities.
import { h } from 'preact'
import type { City } from '#common/network.ts'
import type { ReportedLink } from '#common/spoke-report.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { Mark } from './mark.ts'
import type { Level } from './state.ts'
import { latencyWords } from './words.ts'

const states: Readonly<Record<ReportedLink['state'], { level: Level; word: string }>> = {
  connected: { level: 'ok', word: 'linked' },
  standby: { level: 'ok', word: 'stands by' },
  connecting: { level: 'warn', word: 'connecting' },
  waiting: { level: 'warn', word: 'not linked, tries again' },
  refused: { level: 'bad', word: 'refused' },
}

export function CityLinks({ city, links }: { city: City; links: readonly ReportedLink[] }) {
  return h(
    'section',
    { class: 'card wide', 'aria-label': 'Its links' },
    h('h2', {}, 'Its links'),
    links.length === 0
      ? h('p', { class: 'help' }, city.self === null ? 'It has not told of any.' : 'It has none.')
      : h(
          'div',
          { class: 'scrolls', tabIndex: 0, role: 'region', 'aria-label': 'Links' },
          h(
            'table',
            {},
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                ['To', 'State', 'Latency', 'To send'].map(name => h('th', { scope: 'col', key: name }, name)),
              ),
            ),
            h(
              'tbody',
              {},
              links.map(link => h(LinkRow, { key: `${link.role} ${link.id}`, link })),
            ),
          ),
        ),
  )
}

function LinkRow({ link: { id, name, role, state, latencyMs, toSend } }: { link: ReportedLink }) {
  const { network } = useStores()
  const { level, word } = states[state]
  const called = name || network.nameOf(id)
  const isKnown = network.byId.value.has(id)
  return h(
    'tr',
    {},
    h(
      'th',
      { scope: 'row' },
      isKnown ? h('a', { href: hrefOf({ view: 'city', id }) }, called) : called,
      role === 'hub' && ' (hub)',
    ),
    h('td', {}, h('span', { class: `state ${level}` }, h(Mark, { level }), word)),
    h('td', { class: 'number' }, latencyWords(latencyMs)),
    h('td', { class: 'number' }, String(toSend)),
  )
}
