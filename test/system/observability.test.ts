// What real servers say to Prometheus, and what dashboard, alert rules and documentation say of it: the same names, types and labels.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { hubLabels } from '#common/metrics/family.ts'
import { renderMetrics } from '#common/metrics/render.ts'
import { radioFamilies } from '#edge/radio-metrics.ts'
import { type EdgeProgram, type HubProgram, type ServerProgram, startEdge, startHub } from '#test/support/programs.ts'
import { companionSample, radioSample } from '#test/support/radio-sample.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'

const folder = new URL('../../infra/observability/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8')
const namePattern = /\b(?:mcfed|process|nodejs)_[a-z0-9_]+/g
/** Of Prometheus itself. */
const scrapeLabels = ['job', 'instance', 'exported_job']

/** Its endpoint is not there. */
const webhook = {
  ...{ name: 'bot', url: 'https://127.0.0.1:1/', allow_private: true },
  secret: 'only to have its metrics'.replaceAll(' ', '-'),
}

interface Metric {
  type: string
  labels: readonly string[]
}

type Metrics = Map<string, Metric>

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

const rules: Rule[] = parse(read('alerts.yaml')).groups.flatMap(({ rules }: { rules: Rule[] }) => rules)
const dashboard = JSON.parse(read('dashboard.json'))
const targets = dashboard.panels.flatMap((panel: { targets?: unknown[] }) => panel.targets ?? [])
const expressions: string[] = [...rules.map(({ expr }) => expr), ...targets.map(({ expr }: { expr: string }) => expr)]

test('every name in dashboard, rules and tables is one that hub or edge has, and the tables leave none out', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url, conf: { webhooks: [webhook] } })
  await using cityA = await startEdge({ name: 'City A', hubs: [hub] })
  await using cityB = await startEdge({
    name: 'City B',
    hubs: [hub],
    peers: [{ name: 'City A', port: cityA.ports.federation }],
  })
  await cityB.post('a post for the counters')
  await waitFor(() => cityA.posts(), { what: 'the post', until: ({ length }) => length === 1 })
  const atHub = await scraped(hub, [
    'mcfed_job_last_success_timestamp_seconds',
    'mcfed_room_posts',
    'mcfed_webhook_dead_total',
  ])
  const atEdge = await scraped(cityB, ['mcfed_peer_certificate_expires_timestamp_seconds'])
  const radio = { ...radioSample, damaged: 1, companion: companionSample }
  const all: Metrics = new Map([...atHub, ...atEdge, ...exposed(await renderMetrics(radioFamilies(radio)))])

  for (const expression of expressions) checkNames(expression, all)
  const told = documented()
  for (const [name, { type, labels }] of all) {
    if (!name.startsWith('mcfed_')) continue
    assert.deepEqual(told.get(name), { type, labels }, `${name} in README.md`)
    told.delete(name)
  }
  assert.deepEqual([...told.keys()], [], 'these are in README.md, and nobody has them')
  const ofHub = new Set([...atHub].filter(([name]) => name.startsWith('mcfed_')).flatMap(([, { labels }]) => labels))
  for (const label of ofHub) assert.ok((hubLabels as readonly string[]).includes(label), `${label} at the hub`)
})

test('every alert says how grave it is, what is so and what to do', () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Mcfed[A-Za-z]+$/)
    assert.ok(['critical', 'warning', 'info'].includes(labels.severity ?? ''), alert)
    for (const key of ['summary', 'action']) assert.ok((annotations[key] ?? '').length > 10, `${key} of ${alert}`)
  }
})

test('the dashboard takes its Prometheus from a variable, and its panels have their own ids and places', () => {
  const variables = dashboard.templating.list.map(({ name }: { name: string }) => name)
  assert.equal(dashboard.templating.list[0].type, 'datasource')
  for (const [, name] of read('dashboard.json').matchAll(/\$\{?(\w+)/g))
    assert.ok(name?.startsWith('__') || variables.includes(name), `$${name}`)
  const ids = dashboard.panels.map(({ id }: { id: number }) => id)
  assert.equal(new Set(ids).size, ids.length)
  const taken = new Set<string>()
  for (const { title, gridPos, datasource, type } of dashboard.panels) {
    if (type !== 'row') assert.equal(datasource.uid, `\${datasource}`, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        assert.ok(x < 24 && !taken.has(`${x},${y}`), `${title} lies over another panel`)
        taken.add(`${x},${y}`)
      }
  }
})

function checkNames(expression: string, all: Metrics): void {
  for (const [name] of expression.matchAll(namePattern)) assert.ok(all.has(name), `${name} in ${expression}`)
  for (const [, name = ''] of expression.matchAll(/\b(?:rate|irate|increase)\((\w+)/g))
    assert.equal(all.get(name)?.type, 'counter', `rate of ${name} in ${expression}`)
  for (const [whole] of expression.matchAll(/(?:\w+\()?\w+_total\b/g))
    assert.match(whole, /^(?:rate|increase)\(/, `a counter as it is in ${expression}`)
  const labels = new Set([...all.values()].flatMap(({ labels }) => labels).concat(scrapeLabels))
  for (const [, list = ''] of expression.matchAll(/\bby \(([^)]*)\)/g))
    for (const label of list.split(/, */)) assert.ok(labels.has(label), `${label} in ${expression}`)
}

/** The metrics of a server, once all of `wanted` are there. */
async function scraped(server: HubProgram | EdgeProgram, wanted: readonly string[]): Promise<Metrics> {
  const look = async () => exposed(await metricsOf(server))
  return waitFor(look, {
    what: wanted.join(', '),
    deadlineMs: 60_000,
    until: found => wanted.every(name => found.has(name)),
  })
}

async function metricsOf(server: ServerProgram): Promise<string> {
  return (await server.api.send({ path: '/metrics' })).text
}

/** The text format of Prometheus, with the labels of the first sample. */
function exposed(text: string): Metrics {
  const metrics: Metrics = new Map()
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const names = [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label = '']) => label)
    if (!metrics.has(name)) metrics.set(name, { type: types.get(name) ?? '', labels: names.toSorted() })
  }
  return metrics
}

function documented(): Metrics {
  const rows = read('README.md').matchAll(/^\| `(mcfed_\w+)` \| (\w+) \|([^|]*)\|/gm)
  return new Map(
    [...rows].map(([, name = '', type = '', labels = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).toSorted() },
    ]),
  )
}
