// One city's row of the table.
import { type ComponentChildren, h } from 'preact'
import type { City, Sample } from '#common/network.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { StateWord } from './mark.ts'
import type { Row } from './rows.ts'
import type { Measure } from './series.ts'
import { ShareBar } from './share-bar.ts'
import { Sparkline } from './sparkline.ts'
import {
  backlogWords,
  certificateWords,
  latencyWords,
  linksWords,
  radioWords,
  seenWords,
  unknown,
  versionWords,
} from './words.ts'

export interface CityRowOptions {
  row: Row
  /** From 0, among all rows. */
  index: number
  measure: Measure
  samples: readonly Sample[] | undefined
  /** Unix ms. */
  now: number
}

export function CityRow({ row: { city, state }, index, measure, samples, now }: CityRowOptions) {
  const here = useStores().network.server.value?.id
  const href = hrefOf({ view: 'city', id: city.id })
  return h(
    'div',
    { role: 'row', class: 'city-row', 'aria-rowindex': index + 2, 'data-index': index },
    h('div', { role: 'cell', class: 'c-state', title: state.text }, h(StateWord, { state })),
    h('div', { role: 'cell', class: 'c-name' }, h('a', { href, title: city.name }, city.name || city.id.slice(0, 8))),
    cell('seen', 'Seen', seenWords(city, now, here)),
    cell('latency', 'Latency', latencyWords(city.connected ? city.latencyMs : null)),
    cell('backlog', 'Backlog', backlogWords(city)),
    cell('air', 'Airtime', airOf(city)),
    cell('radio', 'Radio', radioWords(city)),
    cell('links', 'Links', linksWords(city)),
    cell('certificate', 'Certificate', certificateWords(city)),
    h('div', { role: 'cell', class: 'c-trend' }, h(Sparkline, { samples, measure, until: now })),
    cell('version', 'Version', versionWords(city.software)),
  )
}

/** On a phone there is no head above: then the label is shown. */
function cell(name: string, label: string, content: ComponentChildren) {
  return h(
    'div',
    { role: 'cell', class: `c-${name} number` },
    h('span', { class: 'cell-label', 'aria-hidden': true }, label),
    content,
  )
}

function airOf({ self, connected }: City) {
  const radio = connected ? self?.radio : undefined
  return radio ? h(ShareBar, { share: radio.budgetUsed }) : unknown
}
