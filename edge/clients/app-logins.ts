// In which rooms an app is logged in, by the rules of a login by radio. A connection begins with none: the protocol itself
// does not ask who comes.
import type { Log } from '#common/log.ts'
import { decideLogin } from '../room-server/login.ts'
import type { Permission } from '../room-server/member.ts'
import type { AppRoom, AppUser } from './app-room.ts'
import type { JoinGuard } from './join-rights.ts'

/** The firmware cuts what is longer. */
const passwordBytesMax = 15

export interface AppLoginsParts {
  user: AppUser
  address: string
  /**
   * Of addresses, and not of keys as by radio: here an address cannot be forged, and who guesses at a user's port must not
   * lock out the user.
   */
  guard: JoinGuard
  /** Unix ms. */
  now: () => number
  log: Log
}

export class AppLogins {
  readonly #p: AppLoginsParts
  readonly #permissions = new Map<AppRoom, Permission>()

  constructor(parts: AppLoginsParts) {
    this.#p = parts
  }

  /** In the order of the logins. */
  rooms(): AppRoom[] {
    return [...this.#permissions.keys()]
  }

  /** The user may have been blocked meanwhile. */
  isBlockedIn({ settings }: AppRoom): boolean {
    const { name, key } = this.#p.user
    return settings.isBlocked({ name, key })
  }

  permissionIn(room: AppRoom): Permission | undefined {
    return this.#permissions.get(room)
  }

  /** What this password gives; undefined when it gives nothing. Whoever has got in stays in after a wrong one. */
  enter(room: AppRoom, password: string): Permission | undefined {
    const { user, address, guard, log } = this.#p
    // Who does not answer any more is not told of either: the log is not for the guesser to fill.
    if (guard.blockedMs(address) > 0 && password !== '') return undefined
    const granted = this.#granted(room, password)
    const words = { user: user.name, room: room.log.room, address }
    if (granted === undefined) {
      log.warn(words, 'a MeshCore app was not let in')
      return undefined
    }
    if (password !== '') guard.succeeded(address)
    this.#permissions.set(room, granted)
    log.info({ ...words, permission: granted }, 'a MeshCore app logged in')
    return granted
  }

  leave(room: AppRoom): void {
    this.#permissions.delete(room)
  }

  /** By radio a blank password lets in a key that is known. Here nobody has proved to have the key. */
  #granted(room: AppRoom, password: string): Permission | undefined {
    const { user, address, guard, now } = this.#p
    if (this.isBlockedIn(room)) return undefined
    const cut = Buffer.from(password).subarray(0, passwordBytesMax).toString()
    const request = { key: user.key, timestamp: Math.floor(now() / 1000), syncSince: 0, password: cut }
    const outcome = decideLogin(request, undefined, { rules: room.settings, now: now() })
    if ('member' in outcome) return outcome.member.permission
    // Apps that have no password yet say it empty.
    if (password !== '') guard.failed(address)
    return undefined
  }
}
