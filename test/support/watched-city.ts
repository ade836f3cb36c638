// A city in good order, as the rules of alerts look at it.
import type { Watched } from '#common/alerts/rules.ts'
import type { ReportedRadio, ReportedSelf } from '#common/spoke-report.ts'

export const goodRadio: ReportedRadio = {
  state: 'ready',
  board: 'Heltec V3',
  budgetUsed: 0.2,
  budgetSeconds: 360,
  queued: 0,
  heard: 10,
  sent: 5,
  failed: 0,
  noiseFloorDbm: -110,
  lastSnrDb: 9,
  lastRssiDbm: -80,
  batteryMillivolts: null,
}

export const goodSelf: ReportedSelf = {
  uptimeSeconds: 100,
  systemOffMs: 0,
  position: null,
  certificateDays: 300,
  toStore: 0,
  radio: goodRadio,
  links: [],
}

export function watchedCity(changes: Partial<Watched> = {}, self: Partial<ReportedSelf> = {}): Watched {
  return {
    id: 'B'.repeat(43),
    name: 'City B',
    connected: true,
    backlog: 0,
    lagSeconds: 0,
    cloned: false,
    self: { ...goodSelf, ...self },
    ...changes,
  }
}

export function withRadio(radio: Partial<ReportedRadio>): Watched {
  return watchedCity({}, { radio: { ...goodRadio, ...radio } })
}
