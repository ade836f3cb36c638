// The ringer of a real browser: its sound, its notifications, its storage, and the touch that lets a page sound.
import type { Kept } from '../shell/kept.ts'
import { type Audio, Bell } from './bell.ts'
import { Desktop, type NotificationClass } from './desktop.ts'
import { Ringer } from './ringer.ts'

/** What one tab keeps is seen by the others a moment later. */
const seenMs = 100
/** Longest wait for a turn: a tab that sounds has done so within half a second. */
const turnMs = 2000

type Browser = Window & { AudioContext?: new () => Audio; Notification?: NotificationClass }

export function ringerOf(window: Browser, storage: Kept): Ringer {
  const { AudioContext, document, location } = window
  const bell = new Bell(() => AudioContext && new AudioContext())
  // Elsewhere browsers have the class as well, and forbid everything.
  const desktop = new Desktop(window.isSecureContext ? window.Notification : undefined)
  const ringer = new Ringer({
    bell,
    desktop,
    storage,
    isHidden: () => document.hidden || !document.hasFocus(),
    go: href => {
      window.focus()
      location.hash = href
    },
    wait: ms => later(Math.random() * ms),
    alone: job => soundAlone(window.navigator.locks, job, AbortSignal.timeout(turnMs)),
    now: () => performance.now(),
  })
  for (const name of ['pointerdown', 'keydown'])
    window.addEventListener(name, () => {
      if (ringer.isMute.value) void ringer.look()
    })
  return ringer
}

/**
 * In this tab while no other one sounds. Without locks, as over plain http from another machine, or where they are refused, tabs hope
 * for the best; so do those whose `signal` says that they have waited long enough: a tab that hangs must not silence the others.
 */
export async function soundAlone(
  locks: LockManager | undefined,
  job: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  let hasBegun = false
  const once = () => {
    hasBegun = true
    return job()
  }
  try {
    // A tab that sounds is not slowed down by its browser: the others need not wait for it longer than that.
    await locks?.request('mcfed.ring', { signal }, async () => (await once()) && later(seenMs))
  } catch (error) {
    if (hasBegun) throw error
  }
  if (!hasBegun) await once()
}

function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
