// Has webhooks run when there is something for them: new posts of a room that this instance has open, or a time that has come.
import type { PostLog } from '#common/post-log.ts'
import type { Webhook } from './webhook.ts'

export interface WakingParts {
  webhooks: readonly Webhook[]
  /** Logs that this instance has open: it only ever grows, at its end. */
  openLogs: () => readonly PostLog[]
  wake: (job: string) => void
}

/** A webhook is woken for posts at most so often, however many there are. */
const postsMs = 1000
const newLogsMs = 1000
const timerMsMax = 3_600_000

export class Waking {
  readonly #parts: WakingParts
  readonly #unsubscribe: (() => void)[] = []
  readonly #alarms: ReadonlyMap<string, Alarm>
  readonly #timer: NodeJS.Timeout
  #logs = 0

  constructor(parts: WakingParts) {
    this.#parts = parts
    this.#alarms = new Map(parts.webhooks.map(({ name }) => [name, new Alarm(() => parts.wake(name))]))
    this.#timer = setInterval(() => this.#takeNewLogs(), newLogsMs).unref()
    this.#takeNewLogs()
  }

  /** `at`: Unix ms by `now`; Infinity is never. */
  wakeAt(job: string, at: number, now: number): void {
    if (at < Number.POSITIVE_INFINITY) this.#alarms.get(job)?.ringIn(Math.max(0, at - now))
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const alarm of this.#alarms.values()) alarm.stop()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  #takeNewLogs(): void {
    const logs = this.#parts.openLogs()
    for (const log of logs.slice(this.#logs)) {
      const alarms = this.#parts.webhooks.flatMap(webhook =>
        webhook.conf.posts && webhook.covers(log.room) ? (this.#alarms.get(webhook.name) ?? []) : [],
      )
      this.#unsubscribe.push(log.subscribe(() => this.#ring(alarms)))
      this.#ring(alarms)
    }
    this.#logs = logs.length
  }

  #ring(alarms: readonly Alarm[]): void {
    for (const alarm of alarms) alarm.ringSoon()
  }
}

class Alarm {
  readonly #ring: () => void
  #lastAt = Number.NEGATIVE_INFINITY
  #isSoon = false
  #soon: NodeJS.Timeout | undefined
  #later: NodeJS.Timeout | undefined

  constructor(ring: () => void) {
    this.#ring = ring
  }

  ringSoon(): void {
    if (this.#isSoon) return
    this.#isSoon = true
    const wait = Math.max(0, this.#lastAt + postsMs - performance.now())
    this.#soon = setTimeout(() => {
      this.#isSoon = false
      this.#lastAt = performance.now()
      this.#ring()
    }, wait).unref()
  }

  /** The last word counts. */
  ringIn(ms: number): void {
    clearTimeout(this.#later)
    this.#later = setTimeout(this.#ring, Math.min(ms, timerMsMax)).unref()
  }

  stop(): void {
    clearTimeout(this.#soon)
    clearTimeout(this.#later)
  }
}
