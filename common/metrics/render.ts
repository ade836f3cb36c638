// Families of metrics as the text that Prometheus scrapes, with those of this process behind them.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Family } from './family.ts'

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE

/** CPU, memory and event loop of this process; one per process, begun by the first scrape. */
let processMetrics: Registry | undefined

/** Text of GET /metrics. */
export async function renderMetrics(families: Iterable<Family>): Promise<string> {
  // Begun anew for every scrape: a peer or room that is gone leaves no series behind.
  const registry = new Registry()
  for (const family of families) add(registry, family)
  return (await registry.metrics()) + (await startedProcessMetrics().metrics())
}

function add(registry: Registry, { name, help, samples: given }: Family): void {
  const isCounter = name.endsWith('_total')
  // A counter cannot say that it does not know.
  const samples = isCounter ? given.filter(([, value]) => !Number.isNaN(value)) : given
  // Without a sample prom-client would print a series without labels.
  if (samples.length === 0) return
  const options = { name, help, labelNames: Object.keys(samples[0]?.[0] ?? {}), registers: [registry] }
  if (isCounter) {
    const counter = new Counter(options)
    for (const [labels, value] of samples) counter.inc(labels, value)
  } else {
    const gauge = new Gauge(options)
    for (const [labels, value] of samples) gauge.set(labels, value)
  }
}

function startedProcessMetrics(): Registry {
  if (processMetrics === undefined) {
    processMetrics = new Registry()
    collectDefaultMetrics({ register: processMetrics })
  }
  return processMetrics
}
