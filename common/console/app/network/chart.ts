// A day of one measure as a chart, by uPlot, in the colours of the page.
import { h } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import type { Sample } from '#common/network.ts'
import { clockText, type Zone } from '../rooms/feed-words.ts'
import { LoadFault } from '../shell/load-fault.ts'
import { useStores } from '../stores.ts'
import { measures } from './measures.ts'
import { loadUplot } from './packed.ts'
import { type Measure, seriesOf, summaryOf } from './series.ts'
import { dayMs } from './sparkline.ts'

export interface ChartOptions {
  samples: readonly Sample[]
  measure: Measure
  /** Unix ms, at the right edge. */
  until: number
}

const height = 150
/** Of one line of times below. */
const timesHeight = 24

export function Chart({ samples, measure, until }: ChartOptions) {
  const box = useRef<HTMLDivElement>(null)
  const [fault, setFault] = useState('')
  const { name, words } = measures[measure]
  const series = seriesOf(samples, measure)
  const summary = summaryOf(series)
  const zone = useStores().rooms.prefs.zone.value
  const plot = usePlot(box, { measure, zone }, setFault)
  useEffect(() => {
    plot?.setData(series, false)
    plot?.setScale('x', { min: (until - dayMs) / 1000, max: until / 1000 })
  }, [plot, samples, until])
  const told =
    summary === undefined
      ? 'nothing was measured in 24 hours'
      : `last ${words(summary.newest)}, ${words(summary.least)} to ${words(summary.most)} in 24 hours`
  return h(
    'figure',
    { class: 'chart' },
    h('figcaption', {}, h('b', {}, name), h('span', { class: 'help' }, told)),
    fault !== '' && h(LoadFault, { what: 'The chart', fault }),
    h('div', { ref: box, hidden: fault !== '', class: 'chart-box', role: 'img', 'aria-label': `${name}: ${told}` }),
  )
}

interface Look {
  measure: Measure
  zone: Zone
}

function usePlot(
  box: { readonly current: HTMLDivElement | null },
  { measure, zone }: Look,
  setFault: (fault: string) => void,
) {
  const [plot, setPlot] = useState<uPlot | undefined>(undefined)
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    let made: uPlot | undefined
    let hasLeft = false
    loadUplot().then(
      Plot => {
        if (hasLeft) return
        const tzDate = (time: number) => inZone(Plot, time, zone)
        made = new Plot({ ...optionsOf(element, { measure, zone }), tzDate }, [[], []], element)
        setPlot(made)
      },
      (error: Error) => hasLeft || setFault(error.message),
    )
    const ends = [onResize(element, width => made?.setSize({ width, height })), onTheme(() => made?.redraw(false))]
    return () => {
      hasLeft = true
      for (const end of ends) end()
      made?.destroy()
    }
  }, [box, measure, zone, setFault])
  return plot
}

/** Full hours of the zone get the lines. */
function inZone(Plot: typeof uPlot, time: number, zone: Zone): Date {
  const date = new Date(time * 1000)
  return zone === 'utc' ? Plot.tzDate(date, 'Etc/UTC') : date
}

function optionsOf(element: HTMLElement, { measure, zone }: Look): uPlot.Options {
  const { least, words, name } = measures[measure]
  const colour = (variable: string) => () => colourOf(element, variable)
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  }
  const clock = (time: number) => clockText(time * 1000, zone)
  const value = (_plot: uPlot, raw: number | null) => (raw === null ? '–' : words(raw))
  return {
    ...{ width: element.clientWidth, height, pxAlign: false, padding: [8, 20, 0, 0] },
    legend: { live: true, markers: { show: false } },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(least, high ?? 0) * 1.05] } },
    axes: [
      { ...axis, size: timesHeight, values: (_plot, times) => times.map(clock) },
      { ...axis, size: 62, values: (_plot, values) => values.map(value => (value === 0 ? '0' : words(value))) },
    ],
    series: [
      { label: zone === 'utc' ? 'Time (UTC)' : 'Time', value: (_plot, raw) => (raw === null ? '–' : clock(raw)) },
      {
        label: name,
        value,
        stroke: colour('--accent'),
        fill: colour('--accent-ground'),
        width: 2,
        points: { show: false },
      },
    ],
  }
}

/** What the page's style says, as a canvas understands it. */
function colourOf(element: HTMLElement, variable: string): string {
  element.style.setProperty('color', `var(${variable})`)
  const { color } = getComputedStyle(element)
  element.style.removeProperty('color')
  return color
}

function onResize(element: HTMLElement, job: (width: number) => void): () => void {
  const sizes = new ResizeObserver(() => job(element.clientWidth))
  sizes.observe(element)
  return () => sizes.disconnect()
}

function onTheme(job: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const chosen = new MutationObserver(job)
  dark.addEventListener('change', job)
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => {
    dark.removeEventListener('change', job)
    chosen.disconnect()
  }
}
