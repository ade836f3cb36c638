// From where on something is a trouble: one copy for alerts, for the console, and for what a config leaves open. Browsers load it as it is.

/** Beyond this a clock is wrong, not just untidy. */
export const clockToleranceMs = 5 * 60_000

/** A city whose oldest post waits for less keeps up. */
export const lateSeconds = 60

/** Of a duty cycle: with less used there is air again. */
export const scarceAir = 0.75

/**
 * The share of a duty cycle from which on it is used up. A packet that does not fit any more waits, so the last bit of it is never
 * used. @param queued packets that wait
 */
export function usedUpAir(queued: number): number {
  return queued > 0 ? 0.85 : 0.97
}

/** Defaults of the config; the console knows no others. */
export const silentMinutes = 15
export const certificateWarnDays = 30
export const wanCapPercent = 80
