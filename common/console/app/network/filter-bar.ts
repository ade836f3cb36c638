// Above the cities: how many are how, which of them are shown, and words to look for.
import { h } from 'preact'
import { Mark } from './mark.ts'
import { measureNames, measures } from './measures.ts'
import { levelsIn, type TableView } from './rows.ts'
import type { Measure } from './series.ts'
import { type Level, levelWords } from './state.ts'

export interface FilterBarOptions {
  view: TableView
  counts: Readonly<Record<Level, number>>
  shown: number
  isTable: boolean
  change: (part: Partial<TableView>) => void
}

export function FilterBar({ view, counts, shown, isTable, change }: FilterBarOptions) {
  const toggle = (level: Level) => {
    const isOn = view.levels.includes(level)
    change({ levels: isOn ? view.levels.filter(one => one !== level) : [...view.levels, level] })
  }
  return h(
    'div',
    { class: 'filters', role: 'search', 'aria-label': 'Cities' },
    h('input', {
      type: 'search',
      'aria-label': 'Find cities by name, id, room, version or state',
      placeholder: 'Find cities',
      value: view.text,
      onInput: event => change({ text: event.currentTarget.value }),
    }),
    h(
      'div',
      { class: 'chips', role: 'group', 'aria-label': 'Show only' },
      levelsIn(counts).map(level =>
        h(
          'button',
          {
            key: level,
            type: 'button',
            class: 'chip',
            'aria-pressed': view.levels.includes(level),
            onClick: () => toggle(level),
          },
          h(Mark, { level }),
          h('b', { class: 'number' }, counts[level]),
          h('span', {}, levelWords[level]),
        ),
      ),
    ),
    isTable && h(TrendChoice, { measure: view.measure, change }),
    h('p', { class: 'help', role: 'status' }, shown === 1 ? '1 city' : `${shown} cities`),
  )
}

function TrendChoice({ measure, change }: { measure: Measure; change: FilterBarOptions['change'] }) {
  return h(
    'label',
    { class: 'trend' },
    'Trend ',
    h(
      'select',
      {
        value: measure,
        onChange: (event: Event) => change({ measure: (event.currentTarget as HTMLSelectElement).value as Measure }),
      },
      measureNames.map(name => h('option', { key: name, value: name }, measures[name].name)),
    ),
  )
}
