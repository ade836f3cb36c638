// What is looked for in a room: a text, an author, a city, a time.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useStores } from '../stores.ts'
import type { RoomFeed } from './room-feed.ts'
import { type Filter, inputStamp, isFiltered, noFilter, parseStamp, searchTextMax } from './search.ts'

type FieldEvent = Event & { currentTarget: HTMLInputElement | HTMLSelectElement }

/** A search begins when nothing was typed for so long. */
const typingMs = 300
const hourMs = 3_600_000

export function FilterBar({ open }: { open: RoomFeed }) {
  const filter = useSignal<Filter>(open.filter.value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  useEffect(() => () => clearTimeout(timer.current), [])
  const look = (change: Partial<Filter>, inMs = 0) => {
    filter.value = { ...filter.value, ...change }
    clearTimeout(timer.current)
    timer.current = setTimeout(() => void open.openNewest(filter.value), inMs)
  }
  const submit = (event: Event) => {
    event.preventDefault()
    look({})
  }
  const now = filter.value
  const text = (field: 'text' | 'author') => ({
    ...{ value: now[field], maxLength: searchTextMax, spellcheck: false, autocomplete: 'off' },
    onInput: (event: FieldEvent) => look({ [field]: event.currentTarget.value }, typingMs),
  })
  return h(
    'form',
    {
      class: 'filter-bar',
      role: 'search',
      'aria-label': `Search in ${open.room}`,
      onSubmit: submit,
    },
    h('label', { class: 'wide' }, 'Text or author', h('input', { type: 'search', ref: first, ...text('text') })),
    h('label', {}, 'Author', h('input', { type: 'search', ...text('author') })),
    h(CityChoice, { value: now.origin, onChoice: origin => look({ origin }) }),
    h(
      'div',
      { class: 'filter-times' },
      h(TimeField, { label: 'Since', at: now.since, onTime: since => look({ since }, typingMs) }),
      h(TimeField, { label: 'Until', at: now.until, isEnd: true, onTime: until => look({ until }, typingMs) }),
      h(QuickChoices, { open, filter: now, look }),
    ),
  )
}

interface QuickChoicesProps {
  open: RoomFeed
  filter: Filter
  look: (change: Partial<Filter>) => void
}

function QuickChoices({ open, filter, look }: QuickChoicesProps) {
  const { network } = useStores()
  const last = (ms: number) => () => look({ since: network.now() - ms, until: null })
  return h(
    'div',
    { class: 'filter-quick' },
    h('button', { type: 'button', class: 'small', onClick: last(hourMs) }, 'Last hour'),
    h('button', { type: 'button', class: 'small', onClick: last(24 * hourMs) }, 'Last 24 hours'),
    h(
      'button',
      { type: 'button', class: 'small', disabled: !isFiltered(filter), onClick: () => look(noFilter) },
      'Clear',
    ),
    h('p', { class: 'help', role: 'status' }, foundWords(open)),
  )
}

function foundWords(open: RoomFeed): string {
  const feed = open.feed.value
  if (!open.isFiltered || feed === undefined || open.fault.value !== '') return ''
  if (open.reading.value === 'open') return 'Searching…'
  const posts = feed.posts.length === 1 ? '1 post' : `${feed.posts.length.toLocaleString('en')} posts`
  return feed.reachesStart ? `${posts} found` : `${posts} found so far; scroll back for more`
}

function CityChoice({ value, onChoice }: { value: string; onChoice: (id: string) => void }) {
  const { network } = useStores()
  const cities = Object.entries(network.names.value).sort(([, a], [, b]) => a.localeCompare(b))
  return h(
    'label',
    {},
    'City',
    h(
      'select',
      { value, onChange: (event: FieldEvent) => onChoice(event.currentTarget.value) },
      h('option', { value: '' }, 'All cities'),
      cities.map(([id, name]) => h('option', { key: id, value: id }, name)),
    ),
  )
}

interface TimeFieldProps {
  label: string
  at: number | null
  /** The minute that is named is still in it. */
  isEnd?: boolean
  onTime: (at: number | null) => void
}

export function TimeField({ label, at, isEnd = false, onTime }: TimeFieldProps) {
  const { rooms } = useStores()
  const zone = rooms.prefs.zone.value
  const take = (event: FieldEvent) => {
    const typed = parseStamp(event.currentTarget.value, zone)
    onTime(typed === null ? null : typed + (isEnd ? 59_999 : 0))
  }
  return h(
    'label',
    {},
    zone === 'utc' ? `${label} (UTC)` : label,
    h('input', { type: 'datetime-local', value: inputStamp(at, zone), onInput: take }),
  )
}
