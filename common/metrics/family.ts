// What Prometheus is told, as data: a family of series has a name, a help text and samples. Nothing here loads a library.

/**
 * All labels of a hub. What grows without a bound (a spoke, a post, an address) is no label: of a hub with 10,000 spokes every
 * series per spoke is 10,000 series.
 */
export const hubLabels = ['role', 'state', 'percentile', 'room', 'limit', 'version', 'job', 'webhook'] as const
/** Of an edge beside them: its peers are few, and its radio is one. */
const edgeLabels = ['peer', 'id', 'kind', 'board', 'outcome', 'place'] as const

export type Labels = Partial<Record<(typeof hubLabels | typeof edgeLabels)[number], string>>
export type Sample = readonly [labels: Labels, value: number]

export interface Family {
  /** In `_total`: a counter; all others are gauges. Times are in seconds, sizes in bytes. */
  name: string
  help: string
  /** NaN: not known now. */
  samples: readonly Sample[]
}

/** A row of a table of metrics: how the value comes from a `T`. */
export type Metric<T> = readonly [name: string, help: string, value: (of: T) => number]

/** One family per row, with one sample per item. */
export function familiesOf<T>(
  metrics: readonly Metric<T>[],
  items: readonly T[],
  labelsOf: (item: T) => Labels,
): Family[] {
  return metrics.map(([name, help, value]) => ({
    name,
    help,
    samples: items.map(item => [labelsOf(item), value(item)] as const),
  }))
}
