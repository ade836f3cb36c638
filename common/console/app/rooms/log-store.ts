// What was filled in for a communications log, and what it is of, kept in this browser.
import { keepText } from '../shell/kept.ts'
import type { LogHeader } from './ics309.ts'
import { type Filter, filterFrom, filterQuery } from './search.ts'

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>
type Words = Omit<LogHeader, 'from' | 'to'>

const wordsKey = 'mcfed.log'
const filterKey = (room: string) => `mcfed.log.${room}`
const none: Words = { incident: '', net: '', operator: '', operatorCall: '', preparedBy: '', preparedCall: '' }
const fieldMax = 120

export function keepLogFilter(storage: Storage, room: string, filter: Filter): void {
  keepText(storage, filterKey(room), new URLSearchParams(filterQuery(filter)).toString())
}

export function logFilter(storage: Storage, room: string): Filter {
  return filterFrom(new URLSearchParams(storage.getItem(filterKey(room)) ?? ''))
}

export function keepLogWords(storage: Storage, words: Words): void {
  keepText(storage, wordsKey, JSON.stringify(words))
}

/** Whatever is kept, all fields are there, as texts. */
export function logWords(storage: Storage): Words {
  try {
    const kept: Record<string, unknown> = JSON.parse(storage.getItem(wordsKey) ?? '{}') ?? {}
    const text = (field: string) => (typeof kept[field] === 'string' ? kept[field].slice(0, fieldMax) : '')
    return Object.fromEntries(Object.keys(none).map(field => [field, text(field)])) as unknown as Words
  } catch {
    return none
  }
}
