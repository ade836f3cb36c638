// From the figures of all rounds to medians with minimum and maximum, ratios, goals met or missed, and a table for people.
import type { BrokerName } from './broker.ts'
import type { Figures } from './control.ts'
import type { Goal, Row } from './rows.ts'

export interface Spread {
  median: number
  min: number
  max: number
  rounds: number[]
}

/** One broker's rounds of one row. */
export interface Outcome {
  row: number
  broker: BrokerName
  figures: Figures
}

export interface RowReport {
  row: number
  title: string
  notes: NonNullable<Row['notes']>
  brokers: Partial<Record<BrokerName, Record<string, Spread>>>
  /** The hub's median over another broker's, by broker and figure. */
  ratios: Partial<Record<BrokerName, Record<string, number>>>
  goals: { goal: string; met: boolean | null }[]
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return {
    median: (lower + upper) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    rounds: [...values],
  }
}

export function reportRow(row: Row, outcomes: readonly Outcome[]): RowReport {
  const brokers: RowReport['brokers'] = {}
  for (const broker of row.brokers) {
    const rounds = outcomes.filter(o => o.row === row.number && o.broker === broker).map(o => o.figures)
    if (rounds.length > 0) brokers[broker] = spreads(rounds)
  }
  const goals = row.goals.map(goal => ({ goal: goalText(goal), met: isMet(goal, brokers) }))
  return { row: row.number, title: row.title, notes: row.notes ?? {}, brokers, ratios: ratiosTo(brokers), goals }
}

function spreads(rounds: readonly Figures[]): Record<string, Spread> {
  const names = Object.keys(rounds[0] ?? {})
  return Object.fromEntries(names.map(name => [name, spreadOf(rounds.map(r => r[name] ?? Number.NaN))]))
}

function ratiosTo(brokers: RowReport['brokers']): RowReport['ratios'] {
  const ratios: RowReport['ratios'] = {}
  const { hub, ...others } = brokers
  if (hub === undefined) return ratios
  for (const name of Object.keys(others) as (keyof typeof others)[]) {
    const figures = Object.entries(others[name] ?? {}).filter(([figure, s]) => figure in hub && s.median !== 0)
    ratios[name] = Object.fromEntries(figures.map(([figure, s]) => [figure, (hub[figure]?.median ?? 0) / s.median]))
  }
  return ratios
}

function goalText({ of = 'hub', figure, sign, value, times }: Goal): string {
  return `${of}: ${figure} ${sign} ${value}${times === undefined ? '' : ` x ${times}`}`
}

/** null: not measured in this run. */
function isMet({ of = 'hub', figure, sign, value, times }: Goal, brokers: RowReport['brokers']): boolean | null {
  const ours = brokers[of]?.[figure]?.median
  const scale = times === undefined ? 1 : brokers[times]?.[figure]?.median
  if (ours === undefined || scale === undefined) return null
  return sign === '>=' ? ours >= value * scale : ours <= value * scale
}

/** The report as text: one block per row, one line per figure, one column per broker as `median (min-max)`. */
export function reportTable(reports: readonly RowReport[]): string {
  return reports.map(rowTable).join('\n')
}

function rowTable({ row, title, notes, brokers, ratios, goals }: RowReport): string {
  const names = Object.keys(brokers) as BrokerName[]
  const figures = [...new Set(names.flatMap(name => Object.keys(brokers[name] ?? {})))]
  const lines = figures.map(figure => [figure, ...names.map(name => cell(brokers[name]?.[figure]))])
  const main = figures[0] ?? ''
  const ratioLines = Object.entries(ratios).flatMap(([name, byFigure]) => {
    const ratio = byFigure[main]
    return ratio === undefined ? [] : [`  hub / ${name}: ${main} ${ratio.toFixed(2)}`]
  })
  const noteLines = Object.entries(notes).map(([name, note]) => `  ${name}: ${note}`)
  const goalLines = goals.map(({ goal, met }) => `  ${met === null ? '?' : met ? 'met' : 'MISSED'}: ${goal}`)
  return [
    `${row}. ${title}`,
    ...columns([['', ...names], ...lines]),
    ...noteLines,
    ...ratioLines,
    ...goalLines,
    '',
  ].join('\n')
}

function columns(table: readonly string[][]): string[] {
  const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map(line => line[i]?.length ?? 0)))
  return table.map(line => `  ${line.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
}

function cell(spread: Spread | undefined): string {
  if (spread === undefined) return '-'
  return `${shortNumber(spread.median)} (${shortNumber(spread.min)}-${shortNumber(spread.max)})`
}

function shortNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 })
}
