// What a stock radio of an island says of itself.
import { nodeType } from '#edge/radio/adverts.ts'
import type { CompanionReply } from '#edge/radio/companion-replies.ts'
import type { RadioIdentity } from '#edge/radio/crypto.ts'

export const channelsMax = 8
export const settings = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }

export const deviceInfo: CompanionReply = {
  kind: 'device-info',
  ...{ version: 13, contactsMax: 350, channelsMax, pin: 0, buildDate: '14 Aug 2026' },
  ...{ model: 'Island', firmware: 'v1.17.1', isRepeater: false, pathHashMode: 0 },
}
export const statsRadio: CompanionReply = {
  kind: 'stats-radio',
  ...{ noiseFloorDbm: -110, rssiDbm: -60, snrDb: 8, sentAirSeconds: 1, heardAirSeconds: 1 },
}
export const statsPackets: CompanionReply = {
  kind: 'stats-packets',
  ...{ heard: 1, sent: 1, sentFlood: 1, sentDirect: 0, heardFlood: 1, heardDirect: 0, damaged: 3 },
}

export function selfInfo({ name, identity }: { name: string; identity: RadioIdentity }): CompanionReply {
  return {
    kind: 'self-info',
    ...{ type: nodeType.chat, txPowerDbm: 14, txPowerDbmMax: 22, publicKey: identity.publicKey },
    ...{ position: { latitude: 0, longitude: 0 }, extraAcks: 0, locationPolicy: 0, telemetryModes: 0 },
    ...{ manualContacts: 0, ...settings, name },
  }
}

/** A text is written down, as it is heard, for the app that is known then: for a version below 3 in the old layouts. */
export function asOfVersion(version: number, reply: CompanionReply): CompanionReply {
  if (version >= 3) return reply
  if (reply.kind === 'channel-text') return { ...reply, kind: 'old-channel-text' }
  return reply.kind === 'contact-text' ? { ...reply, kind: 'old-contact-text' } : reply
}
