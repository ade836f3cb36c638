// The desk of a room at a server without a radio: what is about the room itself is answered as by radio.
import { RequestError } from '#common/errors.ts'
import type { PostLog } from '#common/post-log.ts'
import type { ServerStats } from '../radio/requests.ts'
import { answerCommand } from '../room-server/admin-commands.ts'
import type { AdminContext } from '../room-server/admin-context.ts'
import type { RoomDesk } from '../room-server/room-desk.ts'
import type { AppRoom } from './app-room.ts'

export interface DeskParts {
  /** State of the links to other servers, a short line. */
  federation: () => string
  uptimeSeconds: () => number
  /** Unix ms. */
  now: () => number
}

const noAdverts = { zeroHopMs: 0, floodMs: 0 }
const noRadio: AdminContext['radio'] = {
  ...{ frequencyHz: 0, bandwidthHz: 0, spreadingFactor: 0, codingRate: 0, txPowerDbm: 0 },
  ...{ dutyCycle: 1, adverts: noAdverts, extraAcks: 0, hashBytes: 1 },
}
const nothingHeard = {
  ...{ batteryMillivolts: 0, queued: 0, noiseFloorDbm: 0, lastRssiDbm: 0, lastSnrDb: 0, airtimeSeconds: 0, faults: 0 },
  ...{ heard: 0, heardFlood: 0, heardDirect: 0, floodTwice: 0, directTwice: 0, sent: 0, sentFlood: 0, sentDirect: 0 },
}

export function deskWithoutRadio(room: Omit<AppRoom, 'desk'>, { federation, uptimeSeconds, now }: DeskParts): RoomDesk {
  const { name, publicKey, position, settings, log } = room
  const stats = statsOf(log, uptimeSeconds)
  const context = {
    room: { name, publicKey, position },
    settings,
    radio: noRadio,
    members: () => [],
    setPermission: refuse,
    add: refuse,
    remove: refuse,
    advertise: refuse,
    federation,
    stats,
    now,
  }
  const command = (text: string, admin: string) => answerCommand(text, { ...context, admin })
  return { command, stats, readings: () => [], members: () => [] }
}

function statsOf(log: PostLog, uptimeSeconds: () => number): () => ServerStats {
  const atStart = log.head.head
  return () => ({ ...nothingHeard, uptimeSeconds: uptimeSeconds(), posts: log.head.head - atStart, pushes: 0 })
}

function refuse(): never {
  throw new RequestError(409, 'no_radio', 'there is no radio')
}
