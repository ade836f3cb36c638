// Makes rooms known: to those who hear us directly, and now and then to all that repeaters reach; each room in its turn.
import { StoreUnavailableError } from '#common/errors.ts'
import type { Sleep } from './radio-room.ts'

export type AdvertRoute = 'direct' | 'flood'

/** Ms; 0: never. */
export interface AdvertTimes {
  zeroHopMs: number
  floodMs: number
}

/** When rooms were last made known by flood, over restarts: who restarts often shall not flood often. */
export interface FloodTimes {
  /** Unix ms; undefined: never. */
  get(room: string): number | undefined
  /** @throws StoreUnavailableError */
  set(room: string, at: number): void
}

export interface RoomAdvertsParts {
  rooms: readonly string[]
  times: AdvertTimes
  floods: FloodTimes
  /** True when it was on the air. */
  send: (room: string, route: AdvertRoute) => Promise<boolean>
  /** Unix ms. */
  now: () => number
  /** Monotonic ms. */
  ticks: () => number
  sleep: Sleep
}

/** The radio has to be there first; the firmware waits 16 s. */
const firstMs = 5000
/** Rooms of one radio come one after the other. */
const betweenRoomsMs = 10_000
/** A flood that found no radio, or no air. */
const floodAgainMs = 600_000
const sleepMaxMs = 3_600_000
const never = Number.POSITIVE_INFINITY

/** Until `signal` aborts. What finds no air in time is not made up for: the next one is in its turn. */
export async function runAdverts(parts: RoomAdvertsParts, signal: AbortSignal): Promise<void> {
  const { rooms, times } = parts
  const apartMs = Math.min(betweenRoomsMs, (times.zeroHopMs || times.floodMs) / rooms.length)
  await Promise.all(rooms.map((room, index) => runRoom(parts, { room, beginMs: firstMs + apartMs * index }, signal)))
}

/** Ticks. */
interface Due {
  zeroHopAt: number
  floodAt: number
}

async function runRoom(
  parts: RoomAdvertsParts,
  { room, beginMs }: { room: string; beginMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { times, ticks, sleep, send } = parts
  // Of one moment: a flood that is due in the first turn comes before its zero-hop advert, and makes it needless.
  const startAt = ticks()
  const due: Due = {
    zeroHopAt: times.zeroHopMs === 0 ? never : startAt + beginMs,
    floodAt: times.floodMs === 0 ? never : startAt + Math.max(beginMs, floodDueMs(parts, room)),
  }
  while (!signal.aborted) {
    const now = ticks()
    if (due.floodAt <= now) await flood(parts, room, due)
    else if (due.zeroHopAt <= now) {
      due.zeroHopAt = dueAt(parts, times.zeroHopMs)
      void send(room, 'direct')
    } else await sleep(Math.min(sleepMaxMs, due.zeroHopAt - now, due.floodAt - now), signal)
  }
}

function dueAt({ ticks }: RoomAdvertsParts, everyMs: number, inMs = everyMs): number {
  return everyMs === 0 ? never : ticks() + inMs
}

/** A time that is yet to come is that of a wrong clock. */
function floodDueMs({ floods, times, now }: RoomAdvertsParts, room: string): number {
  const lastAt = floods.get(room)
  return lastAt === undefined ? 0 : Math.min(times.floodMs, Math.max(0, lastAt + times.floodMs - now()))
}

/** As in the firmware, a flood is an advert to those who hear us directly, too. */
async function flood(parts: RoomAdvertsParts, room: string, due: Due): Promise<void> {
  const { send, floods, now, times } = parts
  const isSent = await send(room, 'flood')
  due.floodAt = dueAt(parts, times.floodMs, isSent ? times.floodMs : Math.min(floodAgainMs, times.floodMs))
  if (!isSent) return
  due.zeroHopAt = dueAt(parts, times.zeroHopMs)
  try {
    floods.set(room, now())
  } catch (error) {
    // The next start floods once more than it should.
    if (!(error instanceof StoreUnavailableError)) throw error
  }
}
