// All alerts that the server keeps, the newest first; of one city, or of one kind, where that is wanted.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import type { Alert } from '#common/alerts/alerts.ts'
import { useStores } from '../stores.ts'
import { AlertRow } from './alert-row.ts'
import { isQuiet, kindWords } from './kinds-words.ts'

const pageSize = 50

export interface AlertFilter {
  /** `asks`: what has not been acknowledged. */
  show: 'all' | 'warn' | 'asks'
  /** Id of a city; empty: all. */
  spoke: string
  kind: string
}

export function filterAlerts(
  alerts: readonly Alert[],
  { show, spoke, kind }: AlertFilter,
  asks: (alert: Alert) => boolean,
): Alert[] {
  const isShown = (alert: Alert) => show === 'all' || (show === 'warn' ? !isQuiet(alert) : asks(alert))
  return alerts.filter(
    alert => (spoke === '' || alert.spoke === spoke) && (kind === '' || alert.kind === kind) && isShown(alert),
  )
}

export function AlertList() {
  const { alerts } = useStores()
  const filter = useSignal<AlertFilter>({ show: 'all', spoke: '', kind: '' })
  const shown = useSignal(pageSize)
  const open = new Set(alerts.open.value.map(({ n }) => n))
  const found = filterAlerts(alerts.list.value, filter.value, alert => alerts.asks(alert)).toReversed()
  return h(
    'section',
    { 'aria-label': 'All alerts' },
    h('h2', {}, 'All alerts'),
    h(Filters, {
      filter: filter.value,
      change: changes => {
        filter.value = { ...filter.value, ...changes }
        shown.value = pageSize
      },
    }),
    h('p', { class: 'help', role: 'status' }, countWords(found.length, alerts.list.value.length)),
    h(
      'ul',
      { class: 'alert-list' },
      found.slice(0, shown.value).map(alert => h(AlertRow, { key: alert.n, alert, isAbove: open.has(alert.n) })),
    ),
    found.length > shown.value &&
      h(
        'button',
        {
          type: 'button',
          onClick: () => {
            shown.value += pageSize
          },
        },
        'Show older ones',
      ),
  )
}

interface FiltersProps {
  filter: AlertFilter
  change: (changes: Partial<AlertFilter>) => void
}

function Filters({ filter: { show, spoke, kind }, change }: FiltersProps) {
  const { alerts, network } = useStores()
  const all = alerts.list.value
  const spokes = [...new Set(all.flatMap(alert => alert.spoke ?? []))]
  const cities = spokes.map(id => [id, network.nameOf(id)] as const).sort(([, a], [, b]) => a.localeCompare(b))
  const kinds = [...new Set(all.map(alert => alert.kind))].map(name => [name, kindWords(name)] as const)
  const shows = [
    ['all', 'everything'],
    ['warn', 'warnings'],
    ['asks', 'not acknowledged'],
  ] as const
  return h(
    'div',
    { class: 'alert-filters' },
    h(Choice, {
      name: 'Show',
      value: show,
      options: shows,
      change: value => change({ show: value as AlertFilter['show'] }),
    }),
    h(Choice, {
      name: 'City',
      value: spoke,
      options: [['', 'all'], ...cities],
      change: value => change({ spoke: value }),
    }),
    h(Choice, {
      name: 'Kind',
      value: kind,
      options: [['', 'all'], ...kinds],
      change: value => change({ kind: value }),
    }),
  )
}

interface ChoiceProps {
  name: string
  value: string
  options: readonly (readonly [value: string, words: string])[]
  change: (value: string) => void
}

function Choice({ name, value, options, change }: ChoiceProps) {
  return h(
    'label',
    {},
    name,
    h(
      'select',
      { value, onChange: (event: Event & { currentTarget: HTMLSelectElement }) => change(event.currentTarget.value) },
      options.map(([option, words]) => h('option', { key: option, value: option, selected: option === value }, words)),
    ),
  )
}

function countWords(found: number, all: number): string {
  if (all === 0) return 'None so far.'
  return found === all ? `${all} in all.` : `${found} of ${all}.`
}
