// How a radio and a stock companion radio say how they are, for tests of what is made of it.
import type { CompanionStatus, RadioStatus } from '#common/status.ts'

export const radioSample: RadioStatus = {
  port: '/dev/ttyACM0',
  state: 'ready',
  modem: { board: 'Heltec V3', version: 1 },
  heard: 9,
  sent: 7,
  failed: 1,
  damaged: null,
  noiseFloorDbm: -113,
  batteryMillivolts: 4111,
  temperatureCelsius: null,
  lastSnrDb: 8.25,
  lastRssiDbm: null,
  reopened: 2,
  queued: 3,
  airtime: {
    lastHour: { packets: 0, seconds: 0, byKind: {}, byRoom: {}, byAuthor: {} },
    sinceStart: { packets: 2, seconds: 1.5, byKind: { ack: 1.5 }, byRoom: { main: 1.5 }, byAuthor: { Ana: 1.5 } },
  },
  budgetUsed: 0.25,
  budgetSeconds: 360,
}
export const companionSample: CompanionStatus = {
  ...{ name: 'Gateway', key: 'ab', lastError: null },
  heard: { posts: 5, duplicates: 4, echoes: 3 },
  room: {
    ...{ name: 'Old room', key: 'cd', room: 'main', login: 'in' as const, lastLogin: null, silences: 0 },
    ...{ commandLine: null, toSay: 2 },
  },
  channels: [{ name: '#club', room: 'main', toSay: 1 }],
}
