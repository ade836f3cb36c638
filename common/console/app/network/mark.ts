// The mark of a level: a shape of its own for each, a colour, and its word for who sees neither.
import { h } from 'preact'
import { type Finding, type Level, levelWords } from './state.ts'

/** Paths in a box of 16 by 16: triangle, square with a dot, diamond, disc, ring. */
export const shapes: Readonly<Record<Level, string>> = {
  bad: 'M8 1.2 15.4 14.6H.6Z',
  ask: 'M2 2h12v12H2ZM4.5 4.5v7h7v-7ZM6.5 6.5h3v3h-3Z',
  warn: 'M8 .8 15.2 8 8 15.2.8 8Z',
  ok: 'M8 2.5a5.5 5.5 0 1 0 .01 0Z',
  off: 'M8 2.5a5.5 5.5 0 1 0 .01 0ZM8 5a3 3 0 1 1-.01 0Z',
}

export function Mark({ level }: { level: Level }) {
  return h(
    'svg',
    { class: `mark ${level}`, viewBox: '0 0 16 16', role: 'img', 'aria-label': levelWords[level] },
    h('path', { d: shapes[level], 'fill-rule': 'evenodd' }),
  )
}

/** The mark and the word of a state. */
export function StateWord({ state: { level, word } }: { state: Finding }) {
  return h('span', { class: `state ${level}` }, h(Mark, { level }), h('span', {}, word))
}
