// How far a post has come, city by city, in words and shapes; and how soon to ask again.
import type { Deliveries, DeliveryState } from '#common/network.ts'

export interface StateWords {
  /** Beside the name of a city. */
  word: string
  /** Colour is never alone. */
  shape: string
  sentence: string
  look: 'good' | 'busy' | 'poor'
}

export const stateWords: Readonly<Record<DeliveryState, StateWords>> = {
  'on-air': { word: 'on air', shape: '●', look: 'good', sentence: 'Its radio has sent it at least once.' },
  stored: { word: 'stored', shape: '✓', look: 'good', sentence: 'It is on the disk of the city.' },
  waiting: { word: 'waits for air', shape: '◐', look: 'busy', sentence: 'Stored; its radio has yet to send it.' },
  'under-way': {
    word: 'on its way',
    shape: '→',
    look: 'busy',
    sentence: 'The city is linked, and has yet to store it.',
  },
  away: {
    word: 'away',
    shape: '○',
    look: 'poor',
    sentence: 'The city is not linked. It gets the post when it is back.',
  },
  passed: {
    ...{ word: 'not sent by radio', shape: '–', look: 'poor' },
    sentence: 'Stored; its radio does not send it: too old, the room is off the air, or no node is there.',
  },
  'kept-out': { word: 'may not read', shape: '✕', look: 'poor', sentence: 'The city has no right to read this room.' },
}

/** From the furthest on. */
export const stateOrder: readonly DeliveryState[] = [
  ...(['on-air', 'stored', 'waiting', 'passed', 'under-way', 'away', 'kept-out'] as const),
]

const hasIt: ReadonlySet<DeliveryState> = new Set(['on-air', 'stored', 'waiting', 'passed'])

/** Like "2 of 3 cities have it, 1 on air"; empty where there is no city. */
export function deliverySummary({ cities }: Pick<Deliveries, 'cities'>): string {
  const wanted = cities.filter(({ state }) => state !== 'kept-out')
  if (wanted.length === 0) return ''
  const stored = wanted.filter(({ state }) => hasIt.has(state)).length
  const onAir = wanted.filter(({ state }) => state === 'on-air').length
  const waiting = wanted.filter(({ state }) => state === 'waiting').length
  const noun = wanted.length === 1 ? 'city' : 'cities'
  const verb = wanted.length === 1 || stored === 1 ? 'has' : 'have'
  return [
    `${stored} of ${wanted.length} ${noun} ${verb} it`,
    ...(onAir > 0 ? [`${onAir} on air`] : []),
    ...(waiting > 0 ? [`${waiting} ${waiting === 1 ? 'waits' : 'wait'} for air`] : []),
  ].join(', ')
}

const quickMs = 2000
const slowMs = 10_000
/** A city tells of its air some seconds after it has stored. */
const settleMs = 20_000
const giveUpMs = 60 * 60_000

/** Ms until it is worth another question; undefined: nothing is expected any more. `ageMs`: since it was stored here. */
export function askAgainMs(deliveries: Pick<Deliveries, 'cities'> | undefined, ageMs: number): number | undefined {
  if (ageMs > giveUpMs) return undefined
  if (ageMs < settleMs) return quickMs
  const states = new Set(deliveries?.cities.map(({ state }) => state))
  if (states.has('under-way')) return quickMs
  return deliveries === undefined || states.has('waiting') || states.has('away') ? slowMs : undefined
}
