// What operators have decided about a spoke, and what follows from it: pure functions over one small record.
import { z } from 'zod'
import type { Enrol } from '#common/config/hub-conf.ts'
import { RequestError } from '#common/errors.ts'
import { idSchema, roomSchema } from '#common/post.ts'
import type { RoomGrant } from '#common/protocol/frames.ts'

export const rightsMax = 10_000
/** As many as one link may have. */
const roomsMax = 256
/** What holds for every room that is not named. */
export const anyRoom = '*'

const roomRightSchema = z.object({ read: z.boolean(), write: z.boolean() })
/** Of the spoke: `read` what is in the hub's room, `write` into it. */
export type RoomRight = z.infer<typeof roomRightSchema>

export const whySchema = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, 'must be 1 to 200 printable characters')
export const roomOrAnySchema = z.union([roomSchema, z.literal(anyRoom)])

export const spokeRightsSchema = z.object({
  id: idSchema,
  /** As it called itself when that was decided; empty when it was never seen. */
  name: z.string(),
  /** `undecided`: as `enrol` says. `forgotten`: nothing is decided any more; kept for a while, so that no instance brings back what was. */
  state: z.enum(['undecided', 'approved', 'revoked', 'forgotten']),
  rooms: z.record(roomOrAnySchema, roomRightSchema),
  why: whySchema.optional(),
  /** Unix ms; of two records of a spoke the later counts. */
  at: z.int().min(0),
})
export type SpokeRights = z.infer<typeof spokeRightsSchema>

/** What an operator says about a spoke. */
export type Decision =
  | { action: 'approve' }
  | { action: 'revoke'; why?: string | undefined }
  | { action: 'grant'; room: string; right: RoomRight }
  | { action: 'forget' }

/** How it stands with a spoke: `open` and `pending` are those about whom nobody has decided, by `enrol`. */
export type Standing = 'approved' | 'open' | 'pending' | 'revoked'

const nothingDecided: Pick<SpokeRights, 'state' | 'rooms' | 'why'> = { state: 'undecided', rooms: {} }
const all: RoomRight = { read: true, write: true }

export function standingOf(rights: SpokeRights | undefined, enrol: Enrol): Standing {
  if (rights?.state === 'approved' || rights?.state === 'revoked') return rights.state
  return enrol === 'open' ? 'open' : 'pending'
}

/** In a room; says nothing of whether the spoke is let in at all. */
export function rightIn(rights: SpokeRights | undefined, room: string): RoomRight {
  const rooms = rights?.rooms ?? {}
  // There may be a room "constructor", and every object has something of that name.
  return (Object.hasOwn(rooms, room) ? rooms[room] : rooms[anyRoom]) ?? all
}

/** What may be granted of what a spoke wants, with the reason for its operator where it is less. */
export function allowedOf(wanted: readonly RoomGrant[], rights: SpokeRights | undefined): RoomGrant[] {
  return wanted.map(({ room, read, write }) => {
    const right = rightIn(rights, room)
    const allowed = { room, read: read && right.read, write: write && right.write }
    const isLess = allowed.read !== read || allowed.write !== write
    return isLess ? { ...allowed, reason: `its operator lets this server ${deedsOf(right)}` } : allowed
  })
}

export function sameGrants(some: readonly RoomGrant[], others: readonly RoomGrant[]): boolean {
  const isSame = ({ room, read, write }: RoomGrant, other: RoomGrant | undefined) =>
    other?.room === room && other.read === read && other.write === write
  return some.length === others.length && some.every((grant, i) => isSame(grant, others[i]))
}

export interface Subject {
  id: string
  /** As it calls itself; empty when it was never seen. */
  name: string
}

/** The record after a decision, `now` in Unix ms. @throws RequestError when too many rooms are named */
export function decided(
  before: SpokeRights | undefined,
  decision: Decision,
  { id, name, now }: Subject & { now: number },
): SpokeRights {
  const who = { id, name: name || (before?.name ?? ''), at: Math.max(now, (before?.at ?? 0) + 1) }
  const { state, rooms, why } = isGone(before) ? nothingDecided : before
  switch (decision.action) {
    case 'approve':
      return { ...who, state: 'approved', rooms }
    case 'revoke':
      return { ...who, state: 'revoked', rooms, ...(decision.why && { why: decision.why }) }
    case 'grant':
      return { ...who, state, rooms: withRoom(rooms, decision.room, decision.right), ...(why && { why }) }
    case 'forget':
      return { ...who, state: 'forgotten', rooms: {} }
  }
}

/** Nothing is decided about the spoke. */
export function isGone(rights: SpokeRights | undefined): rights is undefined | (SpokeRights & { state: 'forgotten' }) {
  return rights === undefined || rights.state === 'forgotten'
}

/** For people: `read and write`. */
export function deedsOf({ read, write }: RoomRight): string {
  if (read && write) return 'read and write it'
  if (!read && !write) return 'neither read nor write it'
  return read ? 'read it, not write' : 'write it, not read'
}

function withRoom(rooms: SpokeRights['rooms'], room: string, right: RoomRight): SpokeRights['rooms'] {
  const changed = { ...rooms, [room]: right }
  if (Object.keys(changed).length > roomsMax)
    throw new RequestError(409, 'too_many_rooms', `this city has rights in ${roomsMax} rooms; use "${anyRoom}"`)
  return changed
}

export function tooManyRights(): RequestError {
  return new RequestError(409, 'too_many_rights', `there are decisions about ${rightsMax} cities already; forget some`)
}

/** In place of a record that cannot be read: it may have been a refusal. */
export function damagedRights(id: string): SpokeRights {
  return { id, name: '', state: 'revoked', rooms: {}, why: 'its record at the hub is damaged', at: 0 }
}
