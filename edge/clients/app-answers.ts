// Answers that an app gets a moment after its command was accepted, as from a radio.
import type { CompanionReply } from '../radio/companion-replies.ts'
import { refused } from './app-device.ts'

/** Some apps begin to wait for an answer after they have read `sent`: the firmware's delay, and no radio is faster. */
const answerMs = 300
/** Told to apps: they give up, or say it again, after that. */
const timeoutMs = 8000
/** Answers that wait for their moment. */
const answersMax = 32

export class AppAnswers {
  readonly #say: (reply: CompanionReply) => void
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(say: (reply: CompanionReply) => void) {
    this.#say = say
  }

  /** Says that the command was accepted. False, and the app is told so, when too many answers wait already. */
  accept(tag: Uint8Array): boolean {
    const hasPlace = this.#timers.size < answersMax
    this.#say(hasPlace ? { kind: 'sent', isFlood: false, tag, timeoutMs } : refused('tableFull'))
    return hasPlace
  }

  later(act: () => void, ms = answerMs): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
