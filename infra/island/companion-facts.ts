// What a companion radio says of itself.
import { nodeType } from '#edge/radio/adverts.ts'
import type { CompanionReply } from '#edge/radio/companion-replies.ts'
import type { RadioIdentity } from '#edge/radio/crypto.ts'
import type { Tuning } from './air.ts'
import { channelsMax, contactsMax } from './companion-book.ts'

const millivolts = 4111
const txPowerDbmMax = 22
const noiseFloorDbm = -112

export const deviceInfo: CompanionReply = {
  kind: 'device-info',
  version: 11,
  contactsMax,
  channelsMax,
  pin: 0,
  buildDate: '14 Aug 2026',
  model: 'Island companion',
  firmware: 'v1.17.1',
}

export interface SelfFacts {
  identity: RadioIdentity
  name: string
  tuning: Tuning
  txPowerDbm: number
}

export function selfInfo({ identity: { publicKey }, name, tuning, txPowerDbm }: SelfFacts): CompanionReply {
  const habits = { extraAcks: 0, locationPolicy: 0, telemetryModes: 0, manualContacts: 0 }
  const position = { latitude: 0, longitude: 0 }
  const about = { type: nodeType.chat, txPowerDbm, txPowerDbmMax, publicKey, position }
  return { kind: 'self-info', ...about, ...habits, ...tuning, name }
}

export interface RadioCounts {
  heard: number
  sent: number
  damaged: number
  queued: number
  snrDb: number
  rssiDbm: number
}

/** `type`: 0 core, 1 radio, 2 packets. */
export function statsReply(type: number, counts: RadioCounts): CompanionReply {
  const { heard, sent, damaged, queued, snrDb, rssiDbm } = counts
  if (type === 0) {
    const uptimeSeconds = Math.floor(process.uptime())
    return { kind: 'stats-core', millivolts, uptimeSeconds, errors: 0, queueLength: Math.min(255, queued) }
  }
  if (type === 1) return { kind: 'stats-radio', noiseFloorDbm, rssiDbm, snrDb, sentAirSeconds: 0, heardAirSeconds: 0 }
  const byRoute = { sentFlood: 0, sentDirect: sent, heardFlood: 0, heardDirect: heard }
  return { kind: 'stats-packets', heard, sent, ...byRoute, damaged }
}
