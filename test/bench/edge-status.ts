// Waits until an edge is as wanted, by looking at what it says about itself.
import { setTimeout as delay } from 'node:timers/promises'
import type { Status } from '#common/status.ts'
import type { EdgeHttp } from './clients/edge-http.ts'

export interface Wait {
  /** The longest wait. */
  ms: number
  /** Between two looks. */
  lookMs: number
}

/** Looks at the edge's status until it is as wanted. @throws Error after `ms` */
export async function statusWhen(
  edge: EdgeHttp,
  { ms, lookMs }: Wait,
  wanted: (status: Status) => boolean,
): Promise<Status> {
  const endAt = performance.now() + ms
  while (performance.now() < endAt) {
    const status = await edge.status()
    if (status !== undefined && wanted(status)) return status
    await delay(lookMs)
  }
  throw new Error(`the edge's status is not as wanted after ${ms} ms`)
}

/** Offset of the newest post of the edge's room. */
export function headOf(status: Status): number {
  return status.rooms[0]?.head ?? 0
}

/** All posts have come, and all of ours have been acknowledged. */
export function isCaughtUp({ peers }: Status): boolean {
  const room = peers[0]?.rooms[0]
  return room?.caughtUp === true && room.toSend === 0
}
