// Cities as GET /api/v1/network tells of them: one that is well, and a whole net with some faults, the same at every run.
import type { City, Network, NetworkServer, Sample } from '#common/network.ts'
import type { ReportedLink, ReportedRadio, ReportedRoom, ReportedSelf } from '#common/spoke-report.ts'

export const sampleAt = Date.UTC(2026, 2, 1, 12)

export const hubServer: NetworkServer = {
  ...{ id: idOf(0), name: 'hub', role: 'hub', version: '0.1.0', uptimeSeconds: 3600, reasons: [], certificateDays: 80 },
  position: { latitude: 39.74, longitude: -104.99 },
}

export function idOf(index: number): string {
  return `${'A'.repeat(38)}${String(index).padStart(5, '0')}`
}

export function radioOf(radio: Partial<ReportedRadio> = {}): ReportedRadio {
  return {
    ...{ state: 'ready', board: 'Heltec V3', budgetUsed: 0.2, budgetSeconds: 360, queued: 0, heard: 812, sent: 240 },
    ...{ failed: 2, noiseFloorDbm: -112, lastSnrDb: 8.5, lastRssiDbm: -71, batteryMillivolts: 4050, ...radio },
  }
}

export function selfOf(self: Partial<ReportedSelf> = {}): ReportedSelf {
  const position = { latitude: 39.7, longitude: -105 }
  const rest = { uptimeSeconds: 90_000, systemOffMs: 12, certificateDays: 300, toStore: 0, links: [], radio: radioOf() }
  return { ...rest, position, ...self }
}

export function cityOf(index: number, city: Partial<City> = {}): City {
  const rooms: ReportedRoom[] = [
    { room: 'frontrange', stored: { epoch: 'E'.repeat(16), offset: 1204 }, rf: true, members: 14, air: [] },
  ]
  return {
    ...{ id: idOf(index), name: `City ${index}`, role: 'edge', standing: 'approved', connected: true },
    ...{ lastSeenAt: sampleAt, software: 'meshcore-room/0.1.0', address: `192.0.2.${index % 250}:40112` },
    ...{
      instance: 'hub-a',
      cloned: false,
      latencyMs: 12.4,
      backlog: 0,
      lagSeconds: 0,
      toSend: 0,
      bytesToday: 1_200_000,
    },
    ...{ wanCapBytes: null, rights: { '*': { read: true, write: true } }, rooms, self: selfOf(), reportedAt: sampleAt },
    ...city,
  }
}

/** Faults of every kind, one of each among every 40 cities; the rest are well. Around `centre`, in a spiral. */
export function netOf(count: number, at = sampleAt): Network {
  const cities = Array.from({ length: count }, (_, index) => netCity(index + 1, count, at))
  const names = Object.fromEntries([[hubServer.id, hubServer.name], ...cities.map(city => [city.id, city.name])])
  return { at, server: hubServer, cities, ids: cities.map(city => city.id), names }
}

const placeNames = [
  'Aspen',
  'Boulder',
  'Cedar Falls',
  'Durango',
  'Estes Park',
  'Fraser',
  'Golden',
  'Hotchkiss',
  'Idalia',
  'Jamestown',
]

function netCity(index: number, count: number, at: number): City {
  const turn = index * 2.4
  const far = Math.sqrt(index / count)
  const position = { latitude: 39.5 + 7 * far * Math.sin(turn), longitude: -100 + 16 * far * Math.cos(turn) }
  const neighbours = [index - 13, index + 21].filter(other => other >= 1 && other <= count && index % 5 === 0)
  const links = neighbours.map((other): ReportedLink => {
    const state = other % 2 === 0 ? 'standby' : 'connected'
    return { id: idOf(other), name: nameOf(other), role: 'edge', state, latencyMs: 30 + (other % 50), toSend: 0 }
  })
  const self = selfOf({ position, links, radio: radioOf({ budgetUsed: ((index * 37) % 74) / 100 }) })
  const seen = { name: nameOf(index), lastSeenAt: at, reportedAt: at, latencyMs: 8 + ((index * 13) % 90) }
  return cityOf(index, { ...seen, self, ...faultOf(index % 40, self, at) })
}

function nameOf(index: number): string {
  return `${placeNames[index % placeNames.length]} ${Math.ceil(index / placeNames.length)}`
}

function faultOf(kind: number, self: ReportedSelf, at: number): Partial<City> {
  const away = { connected: false, latencyMs: null }
  const faults: Partial<City>[] = [
    { ...away, lastSeenAt: at - 3 * 3_600_000, backlog: 412, lagSeconds: 10_800 },
    { ...away, lastSeenAt: at - 90_000, backlog: 3, lagSeconds: 90 },
    { self: { ...self, radio: radioOf({ state: 'closed', board: null }) } },
    { self: { ...self, radio: radioOf({ budgetUsed: 0.76, queued: 41 }) } },
    { self: { ...self, radio: radioOf({ budgetUsed: 0.66, queued: 6 }) } },
    { self: { ...self, systemOffMs: -3_700_000 } },
    { backlog: 1204, lagSeconds: 300 },
    { standing: 'pending', ...away, self: null, rooms: [], reportedAt: null },
    { standing: 'revoked', why: 'stolen in Golden', ...away, self: null, reportedAt: null },
    { bytesToday: 91_000_000, wanCapBytes: 100_000_000 },
    { self: { ...self, certificateDays: 9 } },
    { self: null, reportedAt: null, software: 'meshcore-room/0.0.9' },
  ]
  return faults[kind] ?? {}
}

/** A day of samples, with an hour in which it was away. */
export function samplesOf(index: number, at = sampleAt): Sample[] {
  return Array.from({ length: 288 }, (_, step) => {
    const wave = Math.sin(step / 20 + index) + 1
    const latencyMs = Math.round(10 + 20 * wave + ((step * 7 + index) % 9))
    const backlog = step % 90 < 8 ? (step % 90) * 12 : 0
    return { at: at - (288 - step) * 300_000, latencyMs, backlog, budgetUsed: Math.min(1, wave / 2.2) }
  }).filter((_, step) => step < 100 || step > 112)
}
