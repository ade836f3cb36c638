// What a room server asks of the settings of a room, and what it lets the room's admins change; kept on disk elsewhere.
import type { Author } from '#common/post.ts'
import type { LoginRules } from './login.ts'

export interface RoomRules extends LoginRules {
  /** False: nothing of the room goes on the air, and nobody but its admins is heard. */
  readonly isOnAir: boolean
  readonly blocked: readonly string[]
  isBlocked(author: Author): boolean
  /** Is called after every change. Gives the way to end it. */
  subscribe(listener: () => void): () => void
  /** `by`: who wants it, for the log; so below. @throws RequestError where it cannot be, StoreUnavailableError */
  setOnAir(isOn: boolean, by: string): void
  /** A key, at least 4 bytes of it in hex, or "name:Some Name". @throws as setOnAir */
  block(who: string, by: string): string
  /** @throws as setOnAir */
  unblock(who: string, by: string): string
  /** @throws as setOnAir */
  setPassword(kind: 'admin' | 'guest', password: string, by: string): void
}
