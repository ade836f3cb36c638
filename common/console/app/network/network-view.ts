// All cities as a table or on a map, with a count of how they are; and what was decided about them.
import { signal } from '@preact/signals'
import { h } from 'preact'
import { useMemo } from 'preact/hooks'
import { daysWords, durationWords } from '#common/words.ts'
import { hrefOf, type NetworkForm } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { CityTable } from './city-table.ts'
import { DecisionsView } from './decisions-view.ts'
import { FilterBar } from './filter-bar.ts'
import { MapView } from './map-view.ts'
import { countsOf, firstView, rowsOf, shownRows, type TableView } from './rows.ts'

/** Stays while one looks at a city and comes back. */
const view = signal<TableView>(firstView)

export function NetworkView({ form }: { form: NetworkForm }) {
  const { network } = useStores()
  const { cities, at, fault } = network
  const rows = useMemo(() => rowsOf(cities.value, at.value), [cities.value, at.value])
  const shown = useMemo(() => shownRows(rows, view.value), [rows, view.value])
  const change = (part: Partial<TableView>) => {
    view.value = { ...view.value, ...part }
  }
  return h(
    'section',
    { class: 'network', 'aria-busy': at.value === 0 },
    h('div', { class: 'network-head' }, h('h1', {}, 'Network'), h(Forms, { form }), h(ServerLine, {})),
    h('p', { class: 'fault', role: 'status' }, fault.value && `The picture is old: ${fault.value}`),
    form === 'decisions'
      ? h(DecisionsView, {})
      : [
          h(FilterBar, {
            view: view.value,
            counts: countsOf(rows),
            shown: shown.length,
            isTable: form === 'table',
            change,
          }),
          form === 'map' ? h(MapView, { rows: shown }) : h(CityTable, { rows: shown, view: view.value, change }),
        ],
  )
}

function Forms({ form }: { form: NetworkForm }) {
  const isHub = useStores().network.server.value?.role === 'hub'
  const names: [NetworkForm, string][] = [['table', 'Table'], ['map', 'Map'], ...(isHub ? [decisions] : [])]
  const link = ([one, name]: [NetworkForm, string]) =>
    h('a', { href: hrefOf({ view: 'network', form: one }), 'aria-current': one === form ? 'page' : undefined }, name)
  return h('nav', { class: 'tabs', 'aria-label': 'Views of the network' }, names.map(link))
}

const decisions: [NetworkForm, string] = ['decisions', 'Decisions']

/** Of the server that answers. */
function ServerLine() {
  const server = useStores().network.server.value
  if (server === undefined) return h('p', { class: 'help' }, 'Loading…')
  const { name, role, version, uptimeSeconds, certificateDays, reasons } = server
  const facts = [`${role} “${name}” ${version}`, `up ${durationWords(uptimeSeconds * 1000)}`]
  if (certificateDays !== null) facts.push(`certificate ${daysWords(certificateDays)}`)
  return h(
    'p',
    { class: 'server-line help' },
    facts.join(' · '),
    reasons.length > 0 && h('strong', { class: 'fault' }, `Not ready: ${reasons.join('; ')}`),
  )
}
