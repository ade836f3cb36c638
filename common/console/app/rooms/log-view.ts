// The communications log of a room (form ICS 309): fields to fill in, and sheets for the printer or a PDF.
import { signal, useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { CopyButton } from './copy-button.ts'
import type { Feed } from './feed.ts'
import { feedRows, type Loss, lossesOf } from './feed-rows.ts'
import { TimeField } from './filter-bar.ts'
import { type LogHeader, type LogNote, logLines, logNotes, logPages, logText, uprightPage } from './ics309.ts'
import { LogSheet } from './log-sheet.ts'
import { keepLogFilter, keepLogWords, logFilter, logWords } from './log-store.ts'
import { exportedMax, readAll } from './read-all.ts'
import { type Filter, isFiltered, isNarrowed } from './search.ts'

type Words = Omit<LogHeader, 'from' | 'to'>

export function LogView({ room }: { room: string }) {
  const { storage, network, rooms, alerts } = useStores()
  const words = useSignal<Words>(logWords(storage))
  const filter = useSignal<Filter>(logFilter(storage, room))
  const { feed, fault, readAt } = useLog(room, filter.value)
  const zone = rooms.prefs.zone.value
  const cityOf = (id: string) => network.nameOf(id)
  const notes = useMemo(
    () => (feed === undefined ? [] : notesOf(feed, filter.value, lossesOf(alerts.list.value, room))),
    [feed, alerts.list.value, room],
  )
  const lines = useMemo(
    () => logLines(feed?.posts ?? [], { zone, cityOf, notes }),
    [feed, zone, notes, network.names.value],
  )
  const pages = useMemo(() => logPages(lines, uprightPage), [lines])
  const header: LogHeader = { ...words.value, net: words.value.net || room, ...periodOf(feed, filter.value) }
  const fill = (change: Partial<Words>) => {
    words.value = { ...words.value, ...change }
    keepLogWords(storage, words.value)
  }
  const narrow = (change: Partial<Filter>) => {
    filter.value = { ...filter.value, ...change }
    keepLogFilter(storage, room, filter.value)
  }
  return h(
    'div',
    { class: 'log-page' },
    h(LogForm, { room, words: words.value, filter: filter.value, onWords: fill, onFilter: narrow }),
    h(
      'div',
      { class: 'log-do' },
      h(
        'button',
        { type: 'button', class: 'primary', disabled: feed === undefined, onClick: () => window.print() },
        'Print or save as PDF',
      ),
      h(CopyButton, {
        ...{ label: 'Copy as text', look: '', disabled: feed === undefined },
        of: () => logText(header, lines, { zone, now: readAt }),
      }),
      h('p', { class: fault === '' ? 'help' : 'fault', role: 'status' }, fault || stateWords(feed, pages.length)),
      h(Narrowed, { filter: filter.value, cityOf, onAll: () => narrow({ text: '', author: '', origin: '' }) }),
    ),
    h(
      'div',
      { class: 'sheets', role: 'region', tabIndex: 0, 'aria-label': 'Sheets' },
      feed !== undefined &&
        pages.map(page => h(LogSheet, { key: page.number, header, page, preparedAt: readAt, zone })),
    ),
  )
}

/** Where posts of the same time are left out nobody sees what is missing. */
function notesOf(feed: Feed, filter: Filter, losses: readonly Loss[]): LogNote[] {
  if (isNarrowed(filter)) return []
  return logNotes(feedRows(feed, { zone: 'utc', seenTo: null, isDense: !isFiltered(filter), losses }))
}

function stateWords(feed: Feed | undefined, pages: number): string {
  if (feed === undefined) return 'Reading…'
  const posts = feed.posts.length === 1 ? '1 post' : `${feed.posts.length.toLocaleString('en')} posts`
  const rest = feed.posts.length >= exportedMax ? '; only the newest are in it: narrow the period' : ''
  return `${posts} on ${pages === 1 ? '1 page' : `${pages} pages`}${rest}.`
}

interface NarrowedProps {
  filter: Filter
  cityOf: (id: string) => string
  onAll: () => void
}

/** What was looked for in the room holds for its log, too, and a log that lacks posts must not be taken for a whole one. */
function Narrowed({ filter: { text, author, origin }, cityOf, onAll }: NarrowedProps) {
  const words = [text && `“${text}”`, author && `author “${author}”`, origin && cityOf(origin)].filter(Boolean)
  if (words.length === 0) return null
  return [
    h('p', { class: 'fault', role: 'status' }, `Only what was searched for: ${words.join(', ')}.`),
    h('button', { type: 'button', onClick: onAll }, 'Take all posts'),
  ]
}

/** The period that was chosen; where it is open, that of the posts. */
function periodOf(feed: Feed | undefined, { since, until }: Filter): Pick<LogHeader, 'from' | 'to'> {
  const times = (feed?.posts ?? []).map(({ at }) => at)
  const first = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const last = times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return { from: since ?? (times.length > 0 ? first : null), to: until ?? (times.length > 0 ? last : null) }
}

function useLog(room: string, filter: Filter) {
  const { api, network } = useStores()
  const { now } = network
  const state = useMemo(
    () => signal<{ feed: Feed | undefined; fault: string; readAt: number }>({ feed: undefined, fault: '', readAt: 0 }),
    [room],
  )
  useEffect(() => {
    const reading = new AbortController()
    // Typing goes on meanwhile.
    const timer = setTimeout(() => {
      readAll({ api, room, filter, signal: reading.signal }).then(
        feed => {
          state.value = { feed, fault: '', readAt: now() }
        },
        error => {
          if (!reading.signal.aborted) state.value = { feed: undefined, fault: error.message, readAt: 0 }
        },
      )
    }, 300)
    return () => {
      clearTimeout(timer)
      reading.abort()
    }
  }, [api, now, room, filter, state])
  return state.value
}

interface LogFormProps {
  room: string
  words: Words
  filter: Filter
  onWords: (change: Partial<Words>) => void
  onFilter: (change: Partial<Filter>) => void
}

const fields: readonly [field: keyof Words, label: string][] = [
  ['incident', 'Incident name and number'],
  ['net', 'Radio net or position'],
  ['operator', 'Radio operator'],
  ['operatorCall', 'Call sign of the operator'],
  ['preparedBy', 'Prepared by'],
  ['preparedCall', 'Call sign of who prepared it'],
]

function LogForm({ room, words, filter, onWords, onFilter }: LogFormProps) {
  return h(
    'form',
    { class: 'log-form card', onSubmit: (event: Event) => event.preventDefault() },
    h(
      'div',
      { class: 'log-title' },
      h('a', { class: 'button quiet', href: hrefOf({ view: 'room', room }), 'aria-label': `Back to ${room}` }, '←'),
      h('h1', {}, `Communications log of ${room}`),
    ),
    fields.map(([field, label]) =>
      h(
        'label',
        { key: field },
        label,
        h('input', {
          ...{ value: words[field], maxLength: 120, autocomplete: 'off' },
          onInput: (event: Event & { currentTarget: HTMLInputElement }) =>
            onWords({ [field]: event.currentTarget.value }),
        }),
      ),
    ),
    h(TimeField, { label: 'Period from', at: filter.since, onTime: since => onFilter({ since }) }),
    h(TimeField, { label: 'Period to', at: filter.until, isEnd: true, onTime: until => onFilter({ until }) }),
  )
}
