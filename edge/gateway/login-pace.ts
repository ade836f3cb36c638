// When a room server may be asked to let us in: never so often that a wrong password becomes a flood. Pure.
import { createHash } from 'node:crypto'
import { z } from 'zod'

export interface LoginTimings {
  /** Before the very first, at random. */
  firstMaxMs: number
  /** After one, and doubled with every silence. */
  againMinMs: number
  againMaxMs: number
}

/** 180 logins in an hour were seen from a tool with a wrong password. */
export const loginTimings: LoginTimings = { firstMaxMs: 5000, againMinMs: 60_000, againMaxMs: 3_600_000 }

/** Kept over restarts: who is restarted again and again is no reason to flood either. */
export const loginsSchema = z.strictObject({
  /** Unix ms of the last try. */
  at: z.number(),
  /** Tries in a row that were met with silence, and posts that were. */
  silences: z.int().min(0),
  /** Of the password that was tried: a new one is worth a new beginning. */
  passwordHash: z.string(),
})
export type Logins = z.infer<typeof loginsSchema>

/** Ms until the next try. `now`: Unix ms. */
export function loginInMs({ at, silences }: Logins, now: number, { againMinMs, againMaxMs }: LoginTimings): number {
  const waitMs = Math.min(againMaxMs, againMinMs * 2 ** Math.max(0, silences - 1))
  // A clock that was set back says nothing of how long ago it was.
  return Math.max(0, Math.min(waitMs, at + waitMs - now))
}

export function passwordHash(password: string): string {
  return createHash('sha256').update(`mcfed/1/login\0${password}`).digest('hex').slice(0, 16)
}
