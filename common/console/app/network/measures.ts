// What is measured of a city over time: names, units, and how high a chart is at least, so that noise does not look like news.
import { percentWords } from '#common/words.ts'
import type { Measure } from './series.ts'
import { latencyWords } from './words.ts'

export interface MeasureFacts {
  name: string
  words: (value: number) => string
  /** The top of a chart is never below this. */
  least: number
}

export const measures: Readonly<Record<Measure, MeasureFacts>> = {
  latencyMs: { name: 'Latency', words: latencyWords, least: 50 },
  backlog: { name: 'Backlog', words: value => `${Math.round(value)} ${value === 1 ? 'post' : 'posts'}`, least: 10 },
  budgetUsed: { name: 'Airtime', words: percentWords, least: 1 },
}

export const measureNames = Object.keys(measures) as Measure[]
