// How it stands with a server that we dial: for /status, and so that the same complaint is logged once, not at every try.
import type { PeerTallies } from '#common/protocol/peer-tallies.ts'
import type { PeerRoomStatus, PeerStatus } from '#common/status.ts'

type Who = Pick<PeerStatus, 'name' | 'id' | 'role' | 'address' | 'direction' | 'certificate' | 'rooms'>
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

  /** How /status shows the server while there is no link to it. */
  absent(who: Who, tallies: PeerTallies): PeerStatus {
    return {
      ...who,
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      lastError: this.#lastError?.reason ?? null,
      lastErrorAt: this.#lastError === undefined ? null : new Date(this.#lastError.at).toISOString(),
      latencyMs: null,
      ...tallies.bytes(who.id),
    }
  }
}

/** `toSend`: null until there was a link in the life of this process. */
export function absentRoom(room: string, toSend: number | null): PeerRoomStatus {
  return { room, toSend, sent: 0, received: 0, caughtUp: false }
}
