// What an app asks a room for, besides its posts: how it is. There is no radio in between, so that most counts are 0.
import type { PostLog } from '#common/post-log.ts'
import type { CompanionCommand } from '../radio/companion-commands.ts'
import type { CompanionReply } from '../radio/companion-replies.ts'
import { encodeStats, requestType, type ServerStats } from '../radio/requests.ts'

export type RequestCommand = Extract<CompanionCommand, { kind: 'get-status' | 'get-telemetry' | 'send-request' }>

export interface AskedRoom {
  log: PostLog
  /** First bytes of its key. */
  from: Uint8Array
  uptimeSeconds: number
}

/** The room has no sensors: an empty list is an answer, silence would look like a lost packet. */
const noReadings = new Uint8Array()

/** The answer under this tag; undefined when there is none to such a request. */
export function requestAnswer(command: RequestCommand, tag: Uint8Array, room: AskedRoom): CompanionReply | undefined {
  const { from } = room
  const stats = () => encodeStats(roomStats(room.log, room.uptimeSeconds))
  if (command.kind === 'get-status') return { kind: 'status', from, data: stats() }
  if (command.kind === 'get-telemetry') return { kind: 'telemetry', from, data: noReadings }
  const [type] = command.data
  if (type === requestType.status) return { kind: 'request-answered', tag, data: stats() }
  if (type === requestType.telemetry) return { kind: 'request-answered', tag, data: noReadings }
  return undefined
}

export function isRequest(command: CompanionCommand): command is RequestCommand {
  return command.kind === 'get-status' || command.kind === 'get-telemetry' || command.kind === 'send-request'
}

/** Of a room that is not on the air. */
export function roomStats(log: PostLog, uptimeSeconds: number): ServerStats {
  const { first, head } = log.head
  const nothing: ServerStats = {
    ...{
      batteryMillivolts: 0,
      queued: 0,
      noiseFloorDbm: 0,
      lastRssiDbm: 0,
      lastSnrDb: 0,
      airtimeSeconds: 0,
      faults: 0,
    },
    ...{ heard: 0, heardFlood: 0, heardDirect: 0, floodTwice: 0, directTwice: 0, sent: 0, sentFlood: 0, sentDirect: 0 },
    ...{ uptimeSeconds: 0, posts: 0, pushes: 0 },
  }
  return { ...nothing, uptimeSeconds, posts: head - first + 1 }
}
