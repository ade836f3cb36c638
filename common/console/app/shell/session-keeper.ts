// Who is signed in here, and the ways in and out.
import { signal } from '@preact/signals'
import type { Session } from '#common/network.ts'
import { type Api, ApiError } from '../server/api.ts'

const retryMs = 3000

/** `unknown`: the server has not answered yet. `isSurprise`: somebody was signed in, and did not leave by this page. */
export type SessionState =
  | { state: 'unknown'; fault: string | undefined }
  | { state: 'out'; isSurprise: boolean }
  | { state: 'in'; session: Session }

export interface SessionKeeperOptions {
  /** False: the page begins anew instead. */
  mayEnter: (session: Session) => boolean
  /** Somebody has signed out here. */
  left: () => void
}

export class SessionKeeper {
  readonly state = signal<SessionState>({ state: 'unknown', fault: undefined })
  readonly #api: Pick<Api, 'ask' | 'onSignedOut'>
  readonly #o: SessionKeeperOptions

  constructor(api: Pick<Api, 'ask' | 'onSignedOut'>, options: SessionKeeperOptions) {
    this.#api = api
    this.#o = options
    api.onSignedOut(() => {
      if (this.state.value.state === 'in') this.state.value = { state: 'out', isSurprise: true }
    })
  }

  /** Asks who is signed in, until the server answers. */
  async load(): Promise<void> {
    try {
      this.#enter(await this.#api.ask<Session>('/api/v1/session'))
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.state.value = { state: 'out', isSurprise: false }
      else {
        this.state.value = { state: 'unknown', fault: error instanceof Error ? error.message : String(error) }
        setTimeout(() => void this.load(), retryMs)
      }
    }
  }

  /** @throws ApiError that says why not */
  async signIn(token: string): Promise<void> {
    this.#enter(await this.#api.ask<Session>('/api/v1/session', { method: 'POST', body: { token } }))
  }

  /** @throws ApiError */
  async signOut(): Promise<void> {
    await this.#api.ask('/api/v1/session', { method: 'DELETE' })
    this.state.value = { state: 'out', isSurprise: false }
    this.#o.left()
  }

  #enter(session: Session): void {
    if (this.#o.mayEnter(session)) this.state.value = { state: 'in', session }
  }
}
