// Preloaded into a program that tells of troubles: it looks for them ten times a second, and finds the system's clock as far on as if it
// had waited for its usual time. Links and pages keep the time that we have, so that a slow machine ends none.
import { lookEveryMs } from '#common/alerts/troubles.ts'

type Job = (...args: unknown[]) => void

const quickMs = 100
/** What is done so seldom, as the registry's note that a link lives, must keep up with the clock. */
const seldomMs = 60_000
let skippedMs = 0

const { now } = Date
Date.now = () => now() + skippedMs
// Where the two clocks part, somebody has set one.
const ticks = performance.now.bind(performance)
if (process.env.QUICK_TICKS === '1') performance.now = () => ticks() + skippedMs

const { setTimeout, setInterval } = globalThis

function lookBy(job: Job): Job {
  return (...args) => {
    skippedMs += lookEveryMs - quickMs
    job(...args)
  }
}

// A hub looks by the one, an edge by the other.
globalThis.setTimeout = Object.assign((job: Job, ms?: number, ...args: unknown[]) => {
  return ms === lookEveryMs ? setTimeout(lookBy(job), quickMs, ...args) : setTimeout(job, ms, ...args)
}, setTimeout)

globalThis.setInterval = Object.assign((job: Job, ms = 0, ...args: unknown[]) => {
  if (ms === lookEveryMs) return setInterval(lookBy(job), quickMs, ...args)
  return setInterval(job, ms < seldomMs ? ms : (ms / lookEveryMs) * quickMs, ...args)
}, setInterval)
