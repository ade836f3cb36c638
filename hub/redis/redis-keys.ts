// Names of the keys in Redis, and which of 16 hash tags a room lives in, so that a script's keys are always on one node.
import { createHash } from 'node:crypto'

const prefix = 'mcfed:'
const tagCount = 16
const weekMs = 7 * 86_400_000
const halfWeekMs = weekMs / 2
/** GUIDs of posts further ahead of our clock are not looked for. */
const weeksAhead = 5

export const roomsKey = `${prefix}rooms`
/** The hub's Ed25519 key, where no file holds it. */
export const identityKey = `${prefix}identity`
export const stampKey = `${prefix}stamp`
/** Hash: server id → its card as JSON, and `version`. */
export const cardsKey = `${prefix}cards`
/** Hashes: what notes.ts keeps, of each kind. */
export const notesKey = `${prefix}notes`
export const reportsKey = `${prefix}reports`
export const samplesKey = `${prefix}samples`
/** Hash: id of a spoke → what was decided about it as JSON, and `version`. */
export const rightsKey = `${prefix}rights`
/** Stream: what was decided, and by whom. */
export const auditKey = `${prefix}audit`
/** Stream: an id begins with the number of its alert. */
export const alertsKey = `${prefix}alerts`
/** Hash: SHA-256 of a token → its record as JSON. */
export const tokensKey = `${prefix}tokens`
/** Set of the ids of spokes that were linked. */
export const spokesKey = `${prefix}spokes`
/** Spokes that wait, with one hash tag: a sorted set of ids by when they came last, and a hash of what is known of each. */
export const pendingKeys = { seen: `${prefix}{pending}:seen`, facts: `${prefix}{pending}:facts` }

/** Hash: what is known of a spoke. */
export function spokeKey(id: string): string {
  return `${prefix}spoke:${id}`
}

/** What the guard knows of a spoke's processes, as JSON. */
export function bootsKey(spokeId: string): string {
  return `${spokeKey(spokeId)}:boots`
}

/** Hash of a day: id of a spoke → its bytes, and its cap. */
export function trafficKey(day: string): string {
  return `${prefix}traffic:${day}`
}

/** Who runs a job of upkeep. */
export function jobKey(name: string): string {
  return `${prefix}job:${name}`
}

/** Keys of a part of the rooms that lives and fails as one. */
export interface PartKeys {
  /** Names the present history of its server. */
  readonly generation: string
  /** One short stream for each hash tag. */
  readonly buses: readonly string[]
}

/** In a cluster each hash tag is a part of its own: it may move from node to node. */
export const tagParts: readonly PartKeys[] = Array.from({ length: tagCount }, (_, n) => ({
  generation: `${tag(n)}:generation`,
  buses: [`${tag(n)}:bus`],
}))

/** One server has all the rooms. */
export const wholePart: PartKeys = {
  generation: `${prefix}generation`,
  buses: tagParts.flatMap(({ buses }) => buses),
}

export interface RoomKeys {
  readonly room: string
  readonly epochs: string
  readonly log: string
  readonly cursors: string
  /** Hash: GUID → who has asked for it, and until when. Gone when nobody has asked for anything for a while. */
  readonly claims: string
  readonly bus: string
  /** The set of GUIDs of posts whose own time lies in this week since 1970. */
  seen(week: number): string
}

export function roomKeys(room: string): RoomKeys {
  const home = tag(tagOf(room))
  return {
    room: `${home}:room:${room}`,
    epochs: `${home}:epochs:${room}`,
    log: `${home}:log:${room}`,
    cursors: `${home}:cursors:${room}`,
    claims: `${home}:claims:${room}`,
    bus: busKeyOf(room),
    seen: week => `${home}:seen:${room}:${week}`,
  }
}

/** The bus stream for a room, or for anything else that has a name. */
export function busKeyOf(name: string): string {
  return `${tag(tagOf(name))}:bus`
}

export interface SeenWeeks {
  /** Where the GUID is kept. */
  week: number
  /**
   * The nearer neighbour, where it is looked for as well: two gateways that hear one packet give it one GUID and two times,
   * and a retry of a client comes with a new time.
   */
  nearby: number
  /** Unix ms at which the set of `week` is of no use any more. */
  expiresAt: number
}

/** `at`: Unix ms, the post's own. A post that is years ahead of our clock (`now`) is not remembered for years. */
export function seenWeeks(at: number, { retentionMs, now }: { retentionMs: number; now: number }): SeenWeeks {
  const half = Math.floor(at / halfWeekMs)
  const week = Math.floor(half / 2)
  const usefulUntil = Math.min(week, Math.floor(now / weekMs) + weeksAhead) + 2
  return { week, nearby: half % 2 === 0 ? week - 1 : week + 1, expiresAt: usefulUntil * weekMs + retentionMs }
}

/** Every week whose set may still exist at `now` (Unix ms), of posts not more than a month ahead of our clock. */
export function liveWeeks(now: number, retentionMs: number): number[] {
  const first = Math.max(0, Math.floor((now - retentionMs) / weekMs) - 2)
  const last = Math.floor(now / weekMs) + weeksAhead
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** The 16 tags are part of the data's layout: a room that changed its tag would be a new, empty room. */
export function tagOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt8(0) % tagCount
}

function tag(n: number): string {
  return `${prefix}{p${String(n).padStart(2, '0')}}`
}
