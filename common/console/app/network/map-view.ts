// The cities on a map, with the picked one beside it. All of it can be had from the table, too, and by keys.
import { h } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { LoadFault } from '../shell/load-fault.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { placeOf } from './map-places.ts'
import { Mark, StateWord } from './mark.ts'
import { NetMap } from './net-map.ts'
import { loadBaseMap, loadLeaflet } from './packed.ts'
import type { Row } from './rows.ts'
import { findingsOf, levels, levelWords, urgency } from './state.ts'
import { backlogWords, latencyWords, seenWords } from './words.ts'

export function MapView({ rows }: { rows: readonly Row[] }) {
  const { network } = useStores()
  const server = network.server.value
  const [picked, setPicked] = useState<string | undefined>(undefined)
  const box = useRef<HTMLDivElement>(null)
  const { map, fault } = useNetMap(box, setPicked)
  useEffect(() => {
    if (map !== undefined && server !== undefined) map.show(server, rows)
  }, [map, server, rows])
  useEffect(() => map?.pick(picked), [map, picked])
  const placed = server === undefined ? [] : rows.filter(row => placeOf(server, row.city) !== undefined)
  const step = (by: number) => setPicked(neighbourOf(placed, picked, by)?.city.id)
  const row = rows.find(({ city }) => city.id === picked)
  return h(
    'div',
    { class: 'map-view' },
    h(
      'div',
      { class: 'map-box' },
      h('div', { class: 'map', ref: box, role: 'application', 'aria-label': mapHelp }),
      map === undefined &&
        h(
          'div',
          { class: 'map-note' },
          fault === ''
            ? h('p', { role: 'status' }, 'The map is being loaded…')
            : h(LoadFault, { what: 'The map', fault }),
        ),
      h(MapButtons, { map, step }),
    ),
    h(
      'div',
      { class: 'map-side' },
      // Numbers that change are not said.
      h('p', { class: 'hidden-visually', role: 'status' }, row && `${row.city.name}: ${row.state.word}`),
      row === undefined ? h('p', { class: 'help' }, 'Pick a city to see how it is.') : h(Picked, { row }),
      h(Urgent, { rows: placed, picked, onPick: setPicked }),
      h(Legend, {}),
      server?.role === 'hub' && server.position === null && h('p', { class: 'help' }, hubHelp),
      h(Unplaced, { rows: server === undefined ? [] : rows.filter(one => placeOf(server, one.city) === undefined) }),
    ),
  )
}

const hubHelp = 'The hub is not on the map, nor are the links with it: its hub.conf has no latitude and longitude.'
const mapHelp = 'Map of the cities. Arrow keys move it, plus and minus zoom. The buttons after it go from city to city.'

function useNetMap(box: { readonly current: HTMLDivElement | null }, onPick: (id: string) => void) {
  const [state, setState] = useState<{ map?: NetMap; fault: string }>({ fault: '' })
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    let map: NetMap | undefined
    let hasLeft = false
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    Promise.all([loadLeaflet(), loadBaseMap()]).then(
      ([leaflet, base]) => {
        if (hasLeft) return
        map = new NetMap({ leaflet, base, element, onPick, isStill })
        setState({ map, fault: '' })
      },
      (error: Error) => hasLeft || setState({ fault: error.message }),
    )
    const sizes = new ResizeObserver(() => map?.resize())
    sizes.observe(element)
    return () => {
      hasLeft = true
      sizes.disconnect()
      map?.remove()
    }
  }, [box, onPick])
  return state
}

/** The first when none is picked; around the end to the other. */
function neighbourOf(rows: readonly Row[], picked: string | undefined, by: number): Row | undefined {
  const index = rows.findIndex(({ city }) => city.id === picked)
  if (index === -1) return by > 0 ? rows[0] : rows.at(-1)
  return rows[(index + by + rows.length) % rows.length]
}

function MapButtons({ map, step }: { map: NetMap | undefined; step: (by: number) => void }) {
  const button = (label: string, text: string, onClick: () => void) =>
    h(
      'button',
      { type: 'button', key: label, 'aria-label': label, title: label, disabled: map === undefined, onClick },
      text,
    )
  return h(
    'div',
    { class: 'map-buttons' },
    button('Zoom in', '+', () => map?.zoom(1)),
    button('Zoom out', '−', () => map?.zoom(-1)),
    button('Show all cities', '⤢', () => map?.fit()),
    button('Previous city', '‹', () => step(-1)),
    button('Next city', '›', () => step(1)),
  )
}

function Picked({ row: { city } }: { row: Row }) {
  const { network } = useStores()
  const now = network.at.value
  const facts = [
    ['Seen', seenWords(city, now, network.server.value?.id)],
    ['Latency', latencyWords(city.connected ? city.latencyMs : null)],
    ['Backlog', backlogWords(city)],
  ] as const
  return h(
    'div',
    { class: 'card picked-city' },
    h('h2', {}, h('a', { href: hrefOf({ view: 'city', id: city.id }) }, city.name || city.id.slice(0, 8))),
    h(
      'ul',
      { class: 'findings' },
      findingsOf(city, now).map(({ level, text }) =>
        h('li', { key: text, class: level }, h(Mark, { level }), h('span', {}, text)),
      ),
    ),
    h(
      'dl',
      { class: 'facts' },
      facts.map(([name, value]) => [h('dt', {}, name), h('dd', { class: 'number' }, value)]),
    ),
  )
}

const urgentMax = 8

/** Those at which somebody should look first; a button each, which finds the city on the map. */
function Urgent({
  rows,
  picked,
  onPick,
}: {
  rows: readonly Row[]
  picked: string | undefined
  onPick: (id: string) => void
}) {
  const urgent = rows
    .filter(({ state }) => ['bad', 'ask', 'warn'].includes(state.level))
    .sort((a, b) => urgency(a.state.level) - urgency(b.state.level))
  if (urgent.length === 0) return null
  return h(
    'section',
    { 'aria-label': 'Most urgent' },
    h('h2', {}, 'Most urgent'),
    h(
      'ul',
      { class: 'urgent-list' },
      urgent
        .slice(0, urgentMax)
        .map(({ city, state }) =>
          h(
            'li',
            { key: city.id },
            h(
              'button',
              { type: 'button', class: 'quiet', 'aria-pressed': city.id === picked, onClick: () => onPick(city.id) },
              h('b', {}, city.name || city.id.slice(0, 8)),
              h(StateWord, { state }),
            ),
          ),
        ),
    ),
  )
}

function Legend() {
  const lines = [
    ['own', 'linked with this server'],
    ['up', 'linked directly'],
    ['standby', 'stands by'],
    ['down', 'not linked'],
    ['refused', 'refused'],
  ] as const
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    levels.map(level => h('li', { key: level }, h(Mark, { level }), levelWords[level])),
    lines.map(([kind, word]) =>
      h(
        'li',
        { key: kind },
        h(
          'svg',
          { class: 'legend-line', viewBox: '0 0 28 8', 'aria-hidden': true },
          h('path', { class: `net-line ${kind}`, d: 'M0 4h28' }),
        ),
        word,
      ),
    ),
  )
}

function Unplaced({ rows }: { rows: readonly Row[] }) {
  if (rows.length === 0) return null
  return h(
    'details',
    {},
    h('summary', {}, `${rows.length} ${rows.length === 1 ? 'city' : 'cities'} without a position`),
    h('p', { class: 'help' }, 'A city is on the map when its room has latitude and longitude in its room.conf.'),
    h(
      'ul',
      { class: 'unplaced' },
      rows.map(({ city, state }) =>
        h(
          'li',
          { key: city.id },
          h(Mark, { level: state.level }),
          h('a', { href: hrefOf({ view: 'city', id: city.id }) }, city.name || city.id.slice(0, 8)),
        ),
      ),
    ),
  )
}
