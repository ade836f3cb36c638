// Samples of a city as lines to draw: where nothing was measured there is a hole, never a straight line over it.
import { type Sample, sampleMs } from '#common/network.ts'

export type Measure = Exclude<keyof Sample, 'at'>

/** Two and a half samples missing make a hole. */
const holeMs = 2.5 * sampleMs

/** Times in Unix seconds, and the values there; null: a hole. As uPlot wants it. */
export type Series = [times: number[], values: (number | null)[]]

export function seriesOf(samples: readonly Sample[], measure: Measure): Series {
  const series: Series = [[], []]
  let before: number | undefined
  for (const sample of samples) {
    if (before !== undefined && sample.at - before > holeMs) push(series, before + sampleMs, null)
    push(series, sample.at, sample[measure])
    before = sample.at
  }
  return series
}

function push([times, values]: Series, at: number, value: number | null): void {
  times.push(at / 1000)
  values.push(value)
}

export interface Box {
  width: number
  height: number
  /** Unix seconds at the left and the right edge. */
  from: number
  until: number
}

/** A path of SVG; a value alone between holes is a dot. The highest value, or `least` where that is more, touches the top. */
export function pathOf([times, values]: Series, { width, height, from, until }: Box, least: number): string {
  const top = Math.max(least, ...values.map(value => value ?? 0))
  const points = values.map((value, index) => {
    const x = (((times[index] ?? 0) - from) / (until - from)) * width
    return value === null || x < 0 ? null : `${round(x)} ${round(height - (value / top) * height)}`
  })
  return points.map((point, index) => stepOf(point, points[index - 1] ?? null, points[index + 1] ?? null)).join('')
}

function stepOf(point: string | null, before: string | null, after: string | null): string {
  if (point === null) return ''
  if (before !== null) return `L${point}`
  return after === null ? `M${point}h0.1` : `M${point}`
}

/** The newest value, the least and the most; undefined when nothing was measured. */
export function summaryOf([, values]: Series): { newest: number; least: number; most: number } | undefined {
  const known = values.filter(value => value !== null)
  const newest = known.at(-1)
  return newest === undefined ? undefined : { newest, least: Math.min(...known), most: Math.max(...known) }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
