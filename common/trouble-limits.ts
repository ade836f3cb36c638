// From where on something is a trouble: one copy for alerts, for the console, and for what a config leaves open. Browsers load it as it is.

/** Beyond this a clock is wrong, not just untidy. */
export const clockToleranceMs = 5 * 60_000

/** A city whose oldest post waits for less keeps up. */
export const lateSeconds = 60

/** Of a duty cycle: with less used there is air for everything; from here on what a city has missed waits. */
export const scarceAir = 0.6

/** So much of it posts may use: the rest is for ACKs and logins, and a little for posts of the city itself (airShares of an edge). */
export const postsAir = 0.75
/** Of a long post. */
const pushSeconds = 1.5
const leastUsedUp = 0.5

/** The share from which on it is used up: no post of others fits any more. `budgetSeconds`: the duty cycle of one hour. */
export function usedUpAir(budgetSeconds: number): number {
  return Math.max(leastUsedUp, postsAir - pushSeconds / budgetSeconds)
}

/** Defaults of the config; the console knows no others. */
export const silentMinutes = 15
export const certificateWarnDays = 30
export const wanCapPercent = 80
