// How it stands with a server that we dial: for /status, and so that the same complaint is logged once, not at every try.
import type { PeerStatus } from '#common/status.ts'

type State = Extract<PeerStatus['state'], 'connecting' | 'connected' | 'waiting' | 'refused'>

export class DialState {
  #state: State = 'waiting'
  #since = Date.now()
  #lastError: { reason: string; at: number } | undefined
  #loggedError = ''

  get state(): State {
    return this.#state
  }

  /** Tries come and go; what counts is since when there is a link, or none. */
  enter(state: State): void {
    if ((this.#state === 'connected') !== (state === 'connected')) this.#since = Date.now()
    this.#state = state
    if (state === 'connected') this.#loggedError = ''
  }

  /** A link has ended, or a try has failed. True when that is another reason than the last time. */
  failed(reason: string): boolean {
    this.#lastError = { reason, at: Date.now() }
    const isNew = reason !== this.#loggedError
    this.#loggedError = reason
    return isNew
  }

  get lastError(): string | null {
    return this.#lastError?.reason ?? null
  }

  /** What /status shows of it. */
  report(): Pick<PeerStatus, 'state' | 'since' | 'lastError' | 'lastErrorAt'> {
    return {
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      lastError: this.lastError,
      lastErrorAt: this.#lastError === undefined ? null : new Date(this.#lastError.at).toISOString(),
    }
  }
}
