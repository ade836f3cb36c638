// What /status, and a member who asks, are told of the radio.
import type { RadioStatus } from '#common/status.ts'
import type { AirBudget } from './radio/air-budget.ts'
import type { AirLedger, AirUse } from './radio/air-ledger.ts'
import type { Radio } from './radio/radio.ts'
import type { ServerStats } from './radio/requests.ts'
import type { TransmitQueue } from './radio/transmit-queue.ts'

export interface AirParts {
  port: string
  radio: Radio
  queue: TransmitQueue
  budget: AirBudget
  ledger: AirLedger
  /** Monotonic ms. */
  ticks: () => number
}

export function radioStatus({ port, radio, queue, budget, ledger, ticks }: AirParts): RadioStatus {
  const { lastHour, sinceStart } = ledger.report(ticks())
  return {
    port,
    state: radio.state,
    ...radio.stats(),
    queued: queue.length,
    airtime: { lastHour: useStatus(lastHour), sinceStart: useStatus(sinceStart) },
    budgetUsed: Math.round((budget.usedMs(ticks()) / budget.maxMs) * 1000) / 1000,
  }
}

export function serverStats({ radio, queue, ledger, ticks }: AirParts): ServerStats {
  const { heard, sent, noiseFloorDbm, failed } = radio.stats()
  const unknown = { sentFlood: 0, sentDirect: 0, heardFlood: 0, heardDirect: 0, directTwice: 0, floodTwice: 0 }
  return {
    ...unknown,
    batteryMillivolts: 0,
    queued: queue.length,
    noiseFloorDbm: noiseFloorDbm ?? 0,
    lastRssiDbm: 0,
    lastSnrDb: 0,
    heard,
    sent,
    airtimeSeconds: Math.round(ledger.report(ticks()).sinceStart.ms / 1000),
    uptimeSeconds: Math.round(process.uptime()),
    faults: failed,
    posts: 0,
    pushes: 0,
  }
}

function useStatus({ packets, ms, byKind, byRoom }: AirUse): RadioStatus['airtime']['lastHour'] {
  const seconds = (value: number) => Math.round(value) / 1000
  const inSeconds = (shares: Record<string, { ms: number }>) =>
    Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, seconds(share.ms)]))
  return { packets, seconds: seconds(ms), byKind: inSeconds(byKind), byRoom: inSeconds(byRoom) }
}
