// A day of one city's measure, as small as a word.
import { h } from 'preact'
import type { Sample } from '#common/network.ts'
import { measures } from './measures.ts'
import { type Measure, pathOf, seriesOf, summaryOf } from './series.ts'

export const dayMs = 24 * 3_600_000
const size = { width: 120, height: 24 }

export interface SparklineOptions {
  /** Undefined: not loaded yet. */
  samples: readonly Sample[] | undefined
  measure: Measure
  /** Unix ms, at the right edge. */
  until: number
}

export function Sparkline({ samples, measure, until }: SparklineOptions) {
  if (samples === undefined) return h('span', { class: 'spark' })
  const { least, words } = measures[measure]
  const series = seriesOf(samples, measure)
  const summary = summaryOf(series)
  if (summary === undefined) return h('span', { class: 'spark help' }, '–')
  const box = { ...size, height: size.height - 2, from: (until - dayMs) / 1000, until: until / 1000 }
  const label = `${words(summary.least)} to ${words(summary.most)} in 24 hours`
  return h(
    'svg',
    {
      class: 'spark',
      viewBox: `0 -1 ${size.width} ${size.height}`,
      role: 'img',
      'aria-label': label,
      preserveAspectRatio: 'none',
    },
    h('title', {}, label),
    h('path', { d: pathOf(series, box, least) }),
  )
}
