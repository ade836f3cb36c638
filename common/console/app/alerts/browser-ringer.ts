// The ringer of a real browser: its sound, its notifications, its storage, and the touch that lets a page sound.
import type { Kept } from '../shell/kept.ts'
import { type Audio, Bell } from './bell.ts'
import { Desktop, type NotificationClass } from './desktop.ts'
import { Ringer } from './ringer.ts'

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
    wait: ms => new Promise(resolve => setTimeout(resolve, Math.random() * ms)),
  })
  for (const name of ['pointerdown', 'keydown'])
    window.addEventListener(name, () => {
      if (ringer.isMute.value) void ringer.look()
    })
  return ringer
}
