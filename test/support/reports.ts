// What an edge tells of itself, for tests: with sensible facts where none are given.
import type { ReportedRadio, ReportedRoom, ReportedSelf } from '#common/spoke-report.ts'

export function reportedRoom(facts: Partial<ReportedRoom> = {}): ReportedRoom {
  return { room: 'frontrange', stored: null, rf: null, members: 0, air: [], ...facts }
}

export function reportedSelf(facts: Partial<ReportedSelf> = {}): ReportedSelf {
  return {
    ...{ uptimeSeconds: 60, systemOffMs: 0, position: null, certificateDays: null, toStore: 0, radio: null, links: [] },
    ...facts,
  }
}

export function reportedRadio(facts: Partial<ReportedRadio> = {}): ReportedRadio {
  return {
    ...{ state: 'ready', board: 'board', budgetUsed: 0.1, budgetSeconds: 360, queued: 0, heard: 0, sent: 0, failed: 0 },
    ...{ noiseFloorDbm: -110, lastSnrDb: 5, lastRssiDbm: -90, batteryMillivolts: null },
    ...facts,
  }
}
