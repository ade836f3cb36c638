// What /status, the hub, and a member who asks, are told of the radio.
import type { ReportedRadio } from '#common/spoke-report.ts'
import type { RadioStatus } from '#common/status.ts'
import type { AirBudget } from './radio/air-budget.ts'
import type { AirLedger, AirShare, AirUse } from './radio/air-ledger.ts'
import type { Radio } from './radio/radio.ts'
import { ownChannel, type Reading } from './radio/telemetry.ts'
import type { TransmitQueue } from './radio/transmit-queue.ts'
import type { RadioFacts } from './room-server/room-server.ts'

const authorsShown = 10

export interface AirParts {
  port: string
  radio: Pick<Radio, 'state' | 'modem' | 'stats'>
  queue: TransmitQueue
  budget: AirBudget
  ledger: AirLedger
  /** Monotonic ms. */
  ticks: () => number
}

export function radioStatus({ port, radio, queue, budget, ledger, ticks }: AirParts): RadioStatus {
  const { lastHour, sinceStart } = ledger.report(ticks())
  const modem = radio.modem && { board: radio.modem.board, version: radio.modem.version }
  return {
    port,
    state: radio.state,
    modem,
    ...radio.stats(),
    queued: queue.length,
    airtime: { lastHour: useStatus(lastHour), sinceStart: useStatus(sinceStart) },
    ...budgetStatus(budget, ticks()),
  }
}

/** Asked every second: without the ledger, which takes its time. */
export function reportedRadio({ radio, queue, budget, ticks }: Omit<AirParts, 'port' | 'ledger'>): ReportedRadio {
  const { heard, sent, failed, noiseFloorDbm, lastSnrDb, lastRssiDbm, batteryMillivolts } = radio.stats()
  return {
    ...{ state: radio.state, board: radio.modem?.board ?? null, ...budgetStatus(budget, ticks()) },
    ...{ queued: queue.length, heard, sent, failed, noiseFloorDbm, lastSnrDb, lastRssiDbm, batteryMillivolts },
  }
}

function budgetStatus(budget: AirBudget, now: number): Pick<RadioStatus, 'budgetUsed' | 'budgetSeconds'> {
  const budgetUsed = Math.round((budget.usedMs(now) / budget.maxMs) * 1000) / 1000
  return { budgetUsed, budgetSeconds: seconds(budget.maxMs) }
}

export function radioFacts({ radio, queue, ledger, ticks }: AirParts): RadioFacts {
  const { heard, sent, noiseFloorDbm, batteryMillivolts, lastRssiDbm, lastSnrDb, failed } = radio.stats()
  return {
    batteryMillivolts: batteryMillivolts ?? 0,
    queued: queue.length,
    noiseFloorDbm: noiseFloorDbm ?? 0,
    lastRssiDbm: lastRssiDbm ?? 0,
    lastSnrDb: lastSnrDb ?? 0,
    heard,
    sent,
    airtimeSeconds: Math.round(ledger.report(ticks()).sinceStart.ms / 1000),
    uptimeSeconds: Math.round(process.uptime()),
    faults: failed,
  }
}

/** What a stock room server says of its board (MyMesh::handleRequest); nothing where the radio says nothing. */
export function radioReadings({ radio }: Pick<AirParts, 'radio'>): Reading[] {
  const { batteryMillivolts, temperatureCelsius } = radio.stats()
  const readings: Reading[] = []
  if (batteryMillivolts !== null) readings.push({ channel: ownChannel, kind: 'volts', value: batteryMillivolts / 1000 })
  if (temperatureCelsius !== null) readings.push({ channel: ownChannel, kind: 'celsius', value: temperatureCelsius })
  return readings
}

function useStatus({ packets, ms, byKind, byRoom, byAuthor }: AirUse): RadioStatus['airtime']['lastHour'] {
  const most = Object.entries(byAuthor).slice(0, authorsShown)
  return {
    packets,
    seconds: seconds(ms),
    byKind: inSeconds(Object.entries(byKind)),
    byRoom: inSeconds(Object.entries(byRoom)),
    byAuthor: inSeconds(most),
  }
}

function inSeconds(shares: [string, AirShare][]): Record<string, number> {
  return Object.fromEntries(shares.map(([name, { ms }]) => [name, seconds(ms)]))
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000
}
