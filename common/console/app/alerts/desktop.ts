// Notes of the browser outside of the page, where it has them: not for pages over plain http from another machine.
export interface DesktopNote {
  title: string
  body: string
  /** One at a time of each, whichever tab shows it. */
  tag: string
  /** Stays until somebody has seen to it. */
  isUrgent: boolean
  /** Somebody has clicked on it. */
  onClick: () => void
}

/** `absent`: this browser, or this address, has none. `default`: nobody has been asked yet. */
export type DesktopPermission = 'absent' | 'default' | 'denied' | 'granted'

/** The browser's Notification; undefined where there is none. */
export type NotificationClass = Pick<typeof Notification, 'permission' | 'requestPermission'> &
  (new (
    title: string,
    options: NotificationOptions,
  ) => Pick<Notification, 'onclick' | 'close'>)

export class Desktop {
  readonly #class: NotificationClass | undefined
  #isRefused = false

  constructor(notification: NotificationClass | undefined) {
    this.#class = notification
  }

  get permission(): DesktopPermission {
    return this.#class === undefined || this.#isRefused ? 'absent' : this.#class.permission
  }

  /** Asks the person. */
  async ask(): Promise<DesktopPermission> {
    if (this.#class?.permission === 'default') await this.#class.requestPermission().catch(() => {})
    return this.permission
  }

  show({ title, body, tag, isUrgent, onClick }: DesktopNote): void {
    if (this.#class === undefined || this.permission !== 'granted') return
    try {
      const note = new this.#class(title, { body, tag, requireInteraction: isUrgent })
      note.onclick = () => {
        note.close()
        onClick()
      }
    } catch {
      // Chrome on Android has the class and permits, and takes notes of service workers only.
      this.#isRefused = true
    }
  }
}
