// What the commands of admins are about: one room, its members and settings, and the radio it is on.
import type { Position } from '../radio/adverts.ts'
import type { RadioSettings } from '../radio/radio.ts'
import type { ServerStats } from '../radio/requests.ts'
import type { Member, Permission } from './member.ts'
import type { AdvertTimes } from './room-adverts.ts'
import type { RoomRules } from './room-rules.ts'

export interface AdminContext {
  /** Public key of who commands, hex. */
  admin: string
  room: { name: string; publicKey: Uint8Array; position?: Position | undefined }
  settings: RoomRules
  radio: AdminRadio
  members: () => readonly Member[]
  setPermission: (member: Member, permission: Permission) => void
  /** A member who has yet to log in. False when it is no key of a node. */
  add: (key: string, permission: Permission) => boolean
  remove: (member: Member) => void
  advertise: (route: 'direct' | 'flood') => void
  /** State of the links to other servers, a short line. */
  federation: () => string
  stats: () => ServerStats
  /** Unix ms. */
  now: () => number
}

/** How the radio and what is sent on it are set. */
export interface AdminRadio extends RadioSettings {
  /** Share of the time, 0 to 1. */
  dutyCycle: number
  adverts: AdvertTimes
  extraAcks: number
  hashBytes: number
}

/** `rest`: the words behind its name. @throws RequestError, StoreUnavailableError */
export type Command = (rest: string, context: AdminContext) => string

/** As the firmware begins most of its refusals. */
export function refused(why: string): string {
  return `Err - ${why}`
}

/** For the log. */
export function nodeName({ admin }: AdminContext): string {
  return `node ${admin.slice(0, 8)}`
}

const listBytesMax = 130

/** As many as fit, and how many more there are. */
export function listed(items: readonly string[]): string {
  let line = ''
  for (const [index, item] of items.entries()) {
    const longer = index === 0 ? item : `${line} ${item}`
    if (Buffer.byteLength(longer) > listBytesMax) return `${line} +${items.length - index}`
    line = longer
  }
  return line === '' ? 'nobody' : line
}
