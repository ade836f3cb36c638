// Rings for what is new: by sound and by a note of the browser, if the person wants that, and in one tab of all that are open.
import { signal } from '@preact/signals'
import { type Kept, keepText, keptText } from '../shell/kept.ts'
import type { Bell, Sound } from './bell.ts'
import type { Desktop, DesktopNote, DesktopPermission } from './desktop.ts'

export interface Call extends Omit<DesktopNote, 'onClick'> {
  sound: Sound
  /** Where a click on the note leads: begins with `#`. */
  href: string
}

export interface RingerParts {
  bell: Pick<Bell, 'ring' | 'ready'>
  desktop: Pick<Desktop, 'permission' | 'ask' | 'show'>
  storage: Kept
  /** Nobody looks at this tab now. */
  isHidden: () => boolean
  /** Brings this tab to the front, at this address. */
  go: (href: string) => void
  /** Resolves after so many ms at the most, each tab at its own moment. */
  wait: (ms: number) => Promise<void>
  /** Does a job while no other tab does one, as far as the browser can see to that. True: what it has kept is to be seen by the next. */
  alone: (job: () => Promise<boolean>) => Promise<void>
  /** Monotonic ms. */
  now: () => number
}

const soundKey = 'mcfed.sound'
const notesKey = 'mcfed.notes'
const rungKey = 'mcfed.rung'
const rungMax = 50
const spreadMs = 400
/** What comes so soon after another of its kind was told by it: whoever floods a room must not make a siren of this page. */
const toldMs = 3000

export class Ringer {
  readonly hasSound = signal(false)
  readonly hasNotes = signal(false)
  readonly permission = signal<DesktopPermission>('absent')
  /** Sound is wanted, and the browser lets this page make none until somebody touches it. */
  readonly isMute = signal(false)
  readonly #parts: RingerParts
  /** Since when what comes has been told, by `sound` or `note` and the kind of call. */
  readonly #toldAt = new Map<string, number>()

  constructor(parts: RingerParts) {
    this.#parts = parts
    this.read()
  }

  /** As the browser keeps it; another tab may have changed it. */
  read(): void {
    const { storage, desktop } = this.#parts
    this.hasSound.value = keptText(storage, soundKey) === 'on'
    this.hasNotes.value = keptText(storage, notesKey) === 'on'
    this.permission.value = desktop.permission
  }

  /** By a person who sees the page: says at once how it sounds. */
  async setSound(on: boolean): Promise<void> {
    this.hasSound.value = on
    keepText(this.#parts.storage, soundKey, on ? 'on' : 'off')
    this.isMute.value = on && !(await this.#parts.bell.ring('alert'))
  }

  async setNotes(on: boolean): Promise<void> {
    if (on) this.permission.value = await this.#parts.desktop.ask()
    this.hasNotes.value = on && this.permission.value === 'granted'
    keepText(this.#parts.storage, notesKey, this.hasNotes.value ? 'on' : 'off')
  }

  /** After a reload: may the page be heard? */
  async look(): Promise<void> {
    this.isMute.value = this.hasSound.value && !(await this.#parts.bell.ready())
  }

  async ring(call: Call): Promise<void> {
    const { desktop, isHidden, go } = this.#parts
    if (this.hasNotes.value && isHidden()) {
      // One takes the place of the one before: the page has them all.
      const tag = this.#isTold(`note ${call.sound}`) ? call.sound : call.tag
      desktop.show({ ...call, tag, onClick: () => go(call.href) })
    }
    this.permission.value = desktop.permission
    if (this.hasSound.value) await this.#sound(call)
  }

  async #sound({ sound, tag }: Call): Promise<void> {
    const { bell, wait, alone } = this.#parts
    const canSound = await bell.ready()
    this.isMute.value = !canSound
    if (!canSound) return
    if (this.#isTold(`sound ${sound}`)) return this.#noteRung(tag)
    await wait(spreadMs)
    await alone(async () => {
      if (this.#hasRung(tag)) return false
      this.#noteRung(tag)
      return bell.ring(sound)
    })
  }

  #isTold(what: string): boolean {
    const now = this.#parts.now()
    const isTold = now - (this.#toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < toldMs
    if (!isTold) this.#toldAt.set(what, now)
    return isTold
  }

  #hasRung(tag: string): boolean {
    return this.#rung().includes(tag)
  }

  #noteRung(tag: string): void {
    keepText(this.#parts.storage, rungKey, [...this.#rung(), tag].slice(-rungMax).join('\n'))
  }

  #rung(): string[] {
    return (keptText(this.#parts.storage, rungKey) ?? '').split('\n').filter(tag => tag !== '')
  }
}
