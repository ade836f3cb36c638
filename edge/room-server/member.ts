// A node that has logged in to a room, and what the room server remembers of it.
import type { Path } from '../radio/packet.ts'

/** What a node may do, as the firmware numbers it (src/helpers/ClientACL.h). */
export const permission = { readOnly: 0, readOnlyListed: 1, readWrite: 2, admin: 3 } as const
export type Permission = (typeof permission)[keyof typeof permission]

export interface Member {
  /** Public key, 64 hex digits. */
  readonly key: string
  permission: Permission
  /** The newest timestamp it has used for anything, Unix seconds of its own clock: nothing older is taken from it. */
  lastTimestamp: number
  /** It has the posts up to this second of the room. */
  syncSince: number
  /** Seconds of posts that it has beyond: they were more urgent than those before them. Ascending, few. */
  ahead: number[]
  /** When it logged in: what was in the log by then, after `askedSince`, it has asked for. Unix ms. */
  loginAt: number
  /** A second of the room. */
  askedSince: number
  /** Last sign of life, Unix ms. */
  heardAt: number
  /** The way to it, learnt from it. Null: not known, and everything goes to it by flood. */
  path: Path | null
  /** Of the last flood that came from it: the region by name, null for none; undefined when nothing is known. */
  region?: string | null | undefined
  /** Pushes in a row that it did not acknowledge; not kept over a restart. */
  failures: number
}

/** Where members are kept over restarts; the calls return when it is on disk, or throw. */
export interface MemberStore {
  load(room: string): Member[]
  save(room: string, member: Member): void
  remove(room: string, key: string): void
}

export function isWriter({ permission: granted }: Member): boolean {
  return granted >= permission.readWrite
}

export function isAdmin({ permission: granted }: Member): boolean {
  return granted === permission.admin
}

/** It has all up to this second, says itself. */
export function syncFrom(member: Member, second: number): void {
  member.syncSince = second
  member.ahead = []
}

/** It has the post of this second, and all before it; or, `isAhead`, not all. */
export function hasGot(member: Member, second: number, isAhead: boolean): void {
  if (!isAhead) member.syncSince = second
  const ahead = isAhead ? [...member.ahead, second] : member.ahead
  member.ahead = ahead.filter(one => one > member.syncSince).sort((a, b) => a - b)
}

/** Pushes in a row without an ACK, as in the firmware: then it is left alone until it is heard. */
const failuresMax = 3

export function isOutOfReach({ failures }: Member): boolean {
  return failures >= failuresMax
}

/** Any packet that is surely of it: pushes to it go on. */
export function heard(member: Member, now: number): void {
  member.heardAt = now
  member.failures = 0
}
