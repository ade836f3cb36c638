// How smoothly a page draws while it is scrolled: frames counted in the page, in a browser without a graphics card.
import type { Page } from 'playwright-core'

export interface Smoothness {
  frames: number
  /** Frames that took longer than 50 ms, of 100. */
  slowPer100: number
  p50Ms: number
  p99Ms: number
  worstMs: number
}

export interface Scrolling {
  /** CSS selector of what is scrolled. */
  box: string
  frames: number
  /** CSS pixels a frame; negative: back. */
  by: number
}

const slowMs = 50
/** A list that is too slow for all frames is seen to be so. */
const longestMs = 15_000

/** Scrolls once a frame, and says how the frames were meanwhile. */
export async function scrolled(page: Page, { box, frames, by }: Scrolling): Promise<Smoothness> {
  const scrolling = `new Promise(done => {
    const times = []
    const begin = performance.now()
    let last = begin
    const step = now => {
      times.push(now - last)
      last = now
      // The list may have been drawn anew.
      document.querySelector(${JSON.stringify(box)}).scrollTop += ${by}
      if (times.length <= ${frames} && now - begin < ${longestMs}) requestAnimationFrame(step)
      else done(times.slice(1))
    }
    requestAnimationFrame(step)
  })`
  return smoothnessOf((await page.evaluate(scrolling)) as number[])
}

/** Of the times between frames, in ms. */
function smoothnessOf(frames: readonly number[]): Smoothness {
  const sorted = frames.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const slow = frames.filter(ms => ms > slowMs).length
  return {
    frames: frames.length,
    slowPer100: (100 * slow) / frames.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
  }
}
