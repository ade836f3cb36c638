// npm run bench: our hub against Mosquitto and NATS JetStream on this machine. JSON on standard output, progress and a table on standard error.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BrokerName, brokerNames } from './broker.ts'
import { makeCerts } from './certs.ts'
import { brokerCore, canRun, generatorCore, runJob } from './conductor.ts'
import { requirePrograms } from './packages.ts'
import { type Outcome, reportRow, reportTable } from './report.ts'
import { type Row, rows } from './rows.ts'

const help = `npm run bench -- [--rows 1,2] [--rounds 3] [--only mosquitto,hub] [--quick] [--dir DIR]
  --rows    numbers of rows: ${rows.map(r => r.number).join(', ')} (row 9 is measured with row 1)
  --rounds  rounds, interleaved over brokers and rows; medians are taken over them (3)
  --only    of ${brokerNames.join(', ')}
  --quick   small numbers and one round: proves that it works, measures nothing
  --dir     where the brokers' data goes; its disk is part of what is measured (the system's temporary folder)
`

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    dir: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
})

interface Failure {
  row: number
  broker: BrokerName
  reason: string
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function chosenRows(): Row[] {
  const numbers = options.rows?.split(',').map(Number)
  // Row 9 is a figure of row 1.
  return rows.filter(
    row => numbers === undefined || numbers.includes(row.number) || (row.number === 1 && numbers.includes(9)),
  )
}

function chosenBrokers(row: Row): BrokerName[] {
  const only = options.only?.split(',')
  return row.brokers.filter(broker => canRun(broker) && (only === undefined || only.includes(broker)))
}

interface Turn {
  round: number
  row: Row
  broker: BrokerName
}

/** Brokers take turns within a row, rows within a round: what disturbs the machine for a while disturbs all. */
function turns(rounds: number): Turn[] {
  return Array.from({ length: rounds }, (_, i) =>
    chosenRows().flatMap(row => chosenBrokers(row).map(broker => ({ round: i + 1, row, broker }))),
  ).flat()
}

async function runAll(rootDir: string, signal: AbortSignal): Promise<void> {
  const certs = makeCerts(rootDir)
  const outcomes: Outcome[] = []
  const failures: Failure[] = []
  const rounds = Number(options.rounds ?? (options.quick ? 1 : 3))
  for (const { round, row, broker } of turns(rounds)) {
    if (signal.aborted) break
    const params = { ...row.params, ...(options.quick ? row.quick : {}) }
    const where = `round ${round}, row ${row.number}, ${broker}`
    try {
      const figures = await runJob({
        broker,
        scenario: row.scenarios?.[broker] ?? row.scenario,
        params,
        rootDir,
        certs,
        signal,
      })
      outcomes.push({ row: row.number, broker, figures })
      say(`${where}: ${JSON.stringify(figures)}`)
    } catch (error) {
      failures.push({ row: row.number, broker, reason: String(error) })
      say(`${where}: FAILED ${String(error)}`)
    }
  }
  print(outcomes, failures, rounds)
}

function print(outcomes: readonly Outcome[], failures: readonly Failure[], rounds: number): void {
  const reports = chosenRows().map(row => reportRow(row, outcomes))
  const machine = { cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), brokerCore, generatorCore }
  const report = { at: new Date().toISOString(), quick: options.quick, rounds, machine, versions: versions(), failures }
  process.stdout.write(`${JSON.stringify({ ...report, rows: reports }, undefined, 2)}\n`)
  say(`\n${reportTable(reports)}`)
  if (failures.length > 0) process.exitCode = 1
}

function versions(): Record<string, string> {
  const line = (command: string, ...args: string[]) =>
    execFileSync('sh', ['-c', '"$@" 2>&1; true', 'sh', command, ...args], { encoding: 'utf8' }).split('\n')[0] ?? ''
  return {
    mosquitto: line('mosquitto', '-h'),
    nats: line('nats-server', '--version'),
    redis: line('redis-server', '--version'),
    node: process.version,
  }
}

function main(): Promise<void> {
  if (availableParallelism() < 2) throw new Error('the bench needs two cores: one for a broker, one for the load')
  requirePrograms(['taskset', 'openssl', 'mosquitto', 'nats-server', 'redis-server'])
  const rootDir = mkdtempSync(join(options.dir, 'mcfed-bench-'))
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  return runAll(rootDir, stop.signal).finally(() => rmSync(rootDir, { recursive: true, force: true }))
}

if (options.help) process.stdout.write(help)
else await main()
