// npm test: the tools, then all tests, with one report and one summary. Words behind `--` choose files: npm test -- system/outage
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { stopSignal } from '#common/program.ts'
import { requireTools } from './support/tools.ts'

interface Phase {
  /** Patterns under test/. */
  files: readonly string[]
  except?: readonly string[]
  /** Of them, what begins first because it takes longest: at the end it would run alone. */
  longest?: string
  /** Files at a time, for two cores. */
  concurrency: number
}

const projectDir = fileURLToPath(new URL('../', import.meta.url))
const airTests = 'system/{air-,apps-and-radio,author-limit,companion-,radio-,room-}*'
const peerTests = 'system/{doctor,peer-,peers-}*'
const measuringTests = `system/{${[
  ...[
    'duplicate-storm',
    'flood-slowed',
    'hub-refilled-once',
    'hub-rolling-restart',
    'idle-connections',
    'redis-cluster',
  ],
  ...['redis-sentinel', 'redis-use', 'secret-rotation', 'slow-reader', 'soak', 'thundering-herd'],
].join()}}*`
const phases: readonly Phase[] = [
  { files: ['unit/**/*'], concurrency: 2 },
  // These wait for a neighbour half of the time.
  { files: ['contract/**/*', 'integration/**/*'], concurrency: 3 },
  // These wait for the air most of the time: five of them keep less than one core busy.
  { files: [airTests], longest: 'system/{companion-room,radio-unplugged}', concurrency: 5 },
  // These wait for links that end and come back.
  { files: [peerTests], concurrency: 2 },
  // These wait for processes that start, stop and come back.
  { files: ['system/**/*'], except: [airTests, peerTests, measuringTests], concurrency: 3 },
  // Each of these keeps both cores busy by itself, or says how long something took.
  { files: [measuringTests], concurrency: 1 },
]
const tools = [
  ...(['redis-server', 'redis-cli', 'socat', 'ip', 'nft', 'faketime', 'openssl'] as const),
  ...(['haproxy', 'caddy', 'shellcheck', 'systemd-analyze', 'setpriv', 'chromium'] as const),
]
/** Longest time for one file. */
const deadlineMs = process.env.SOAK === '1' ? 6 * 3_600_000 : 10 * 60_000

const counted = ['tests', 'suites', 'passed', 'failed', 'cancelled', 'skipped', 'todo'] as const
/** Words of node's summary lines, where they are not those of its counts. */
const words: Readonly<Record<string, string>> = { passed: 'pass', failed: 'fail' }
const summaryLine = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/

type Totals = Record<(typeof counted)[number], number>

interface Chosen {
  files: readonly string[]
  concurrency: number
}

interface ReportOptions {
  chosen: readonly Chosen[]
  /** Added to. */
  totals: Totals
  /** Ends the test files that run, and what they started. */
  signal: AbortSignal
}

async function main(): Promise<number> {
  const filters = process.argv.slice(2)
  const chosen = phases.map(phase => ({ ...phase, files: filesOf(phase, filters) })).filter(({ files }) => files.length)
  if (chosen.length === 0) throw new Error(`no test file has ${filters.join(' or ')} in its name`)
  requireTools(tools)
  // Every test file, and every program that one starts, would strip and compile the same sources again: most of what a start costs.
  process.env.NODE_COMPILE_CACHE ??= join(projectDir, 'node_modules/.cache/compiled')
  const totals: Totals = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 }
  const events = report({ chosen, totals, signal: stopSignal() })
  await pipeline(Readable.from(events), new spec(), process.stdout, { end: false })
  return totals.failed + totals.cancelled === 0 && totals.tests > 0 ? 0 : 1
}

function filesOf({ files, except = [], longest }: Phase, filters: readonly string[]): string[] {
  const paths = (patterns: readonly string[]) => patterns.map(pattern => `test/${pattern}.test.ts`)
  const found = (patterns: readonly string[], exclude: readonly string[] = []) =>
    globSync(paths(patterns), { cwd: projectDir, exclude: paths(exclude) }).sort()
  const first = longest === undefined ? [] : found([longest])
  const all = [...new Set([...first, ...found(files, except)])]
  return all.filter(file => filters.length === 0 || filters.some(filter => file.includes(filter.replace(/^\.\//, ''))))
}

/** The events of all phases one after the other, with one summary in the end instead of one for each. */
async function* report(options: ReportOptions): AsyncGenerator<TestEvent> {
  const startedAt = performance.now()
  for (const phase of options.chosen) if (!options.signal.aborted) yield* eventsOf(phase, options)
  for (const name of counted) yield diagnostic(`${words[name] ?? name} ${options.totals[name]}`)
  yield diagnostic(`duration_ms ${performance.now() - startedAt}`)
}

async function* eventsOf({ files, concurrency }: Chosen, { totals, signal }: ReportOptions): AsyncGenerator<TestEvent> {
  const paths = files.map(file => join(projectDir, file))
  for await (const event of run({ files: paths, concurrency, timeout: deadlineMs, cwd: projectDir, signal })) {
    if (event.type === 'test:summary' && event.data.file === undefined) add(totals, event.data.counts)
    if (!isSummary(event)) yield event
  }
}

function isSummary(event: TestEvent): boolean {
  if (event.type === 'test:summary') return true
  return event.type === 'test:diagnostic' && event.data.nesting === 0 && summaryLine.test(event.data.message)
}

function add(totals: Totals, counts: Readonly<Record<string, number>>): void {
  for (const name of counted) totals[name] += counts[name] ?? 0
}

function diagnostic(message: string): TestEvent {
  return { type: 'test:diagnostic', data: { message, nesting: 0, level: 'info' } }
}

main().then(
  code => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  },
)
