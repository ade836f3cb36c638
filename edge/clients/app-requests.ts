// What an app asks a room for, besides its posts: how it is, and who its admins are. Answered as by radio.
import type { CompanionCommand } from '../radio/companion-commands.ts'
import type { CompanionReply } from '../radio/companion-replies.ts'
import { encodeAccessList, encodeStats, requestType } from '../radio/requests.ts'
import { encodeTelemetry } from '../radio/telemetry.ts'
import { isAdmin } from '../room-server/member.ts'
import type { RoomDesk } from '../room-server/room-desk.ts'

export type RequestCommand = Extract<CompanionCommand, { kind: 'get-status' | 'get-telemetry' | 'send-request' }>

export interface Asked {
  desk: RoomDesk
  /** First bytes of the room's key. */
  from: Uint8Array
  /** Of the request. */
  tag: Uint8Array
  /** Who asks is an admin. */
  isByAdmin: boolean
}

/** What fits into one reply. */
const adminsMax = 20

/** Undefined when there is no answer to such a request. */
export function requestAnswer(command: RequestCommand, asked: Asked): CompanionReply | undefined {
  const { desk, from, tag } = asked
  if (command.kind === 'get-status') return { kind: 'status', from, data: encodeStats(desk.stats()) }
  if (command.kind === 'get-telemetry') return { kind: 'telemetry', from, data: encodeTelemetry(desk.readings()) }
  const data = dataFor(command.data, asked)
  return data === undefined ? undefined : { kind: 'request-answered', tag, data }
}

export function isRequest(command: CompanionCommand): command is RequestCommand {
  return command.kind === 'get-status' || command.kind === 'get-telemetry' || command.kind === 'send-request'
}

function dataFor([type]: Uint8Array, { desk, isByAdmin }: Asked): Uint8Array | undefined {
  if (type === requestType.status) return encodeStats(desk.stats())
  if (type === requestType.telemetry) return encodeTelemetry(desk.readings())
  if (type !== requestType.accessList || !isByAdmin) return undefined
  const admins = desk.members().filter(isAdmin).slice(0, adminsMax)
  return encodeAccessList(admins.map(({ key, permission }) => ({ publicKey: Buffer.from(key, 'hex'), permission })))
}
