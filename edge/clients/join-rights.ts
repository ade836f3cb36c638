// Who may join a room by its passwords, and how often an address may guess.
import { isIPv6 } from 'node:net'
import { isLoopbackAddress } from '#common/loopback.ts'
import type { PostLog } from '#common/post-log.ts'
import { sameSecret } from '#common/same-secret.ts'

export type Rights = 'admin' | 'post' | 'read'

export interface RoomAccess {
  room: string
  log: PostLog
  adminPassword?: string | undefined
  guestPassword?: string | undefined
  /** Who gives no password may read. */
  allowReadOnly: boolean
}

const freeFailures = 5
const blockedMsMax = 5 * 60_000
const addressesMax = 4096

/** What this password gives; undefined when it gives nothing. No password at all is "". */
export function rightsFor(access: RoomAccess, password: string, address: string): Rights | undefined {
  if (password === '') {
    if (isLoopbackAddress(address)) return 'post'
    return access.allowReadOnly ? 'read' : undefined
  }
  const isAdmin = sameSecret(password, access.adminPassword ?? '')
  const isGuest = sameSecret(password, access.guestPassword ?? '')
  if (isAdmin) return 'admin'
  return isGuest ? 'post' : undefined
}

/** After five wrong passwords an address waits before the next: 2 s, doubled by every further one, at most 5 min. */
export class JoinGuard {
  readonly #now: () => number
  readonly #failuresByAddress = new Map<string, { count: number; blockedUntil: number }>()

  /** `now` in ms, of any clock that never goes back. */
  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /** How long this address must not try a password, in ms; 0 when it may. */
  blockedMs(address: string): number {
    const failures = this.#failuresByAddress.get(networkOf(address))
    return Math.max(0, (failures?.blockedUntil ?? 0) - this.#now())
  }

  failed(address: string): void {
    const network = networkOf(address)
    const count = (this.#failuresByAddress.get(network)?.count ?? 0) + 1
    const blockedMs = count < freeFailures ? 0 : Math.min(blockedMsMax, 2000 * 2 ** (count - freeFailures))
    // Put back last: when the map is full, the address that failed longest ago is forgotten.
    this.#failuresByAddress.delete(network)
    this.#failuresByAddress.set(network, { count, blockedUntil: this.#now() + blockedMs })
    if (this.#failuresByAddress.size <= addressesMax) return
    const [oldest = ''] = this.#failuresByAddress.keys()
    this.#failuresByAddress.delete(oldest)
  }

  succeeded(address: string): void {
    this.#failuresByAddress.delete(networkOf(address))
  }
}

/** Who has one IPv6 address has 2^64 of them: they count as one. */
function networkOf(address: string): string {
  if (!isIPv6(address) || /^::ffff:/i.test(address)) return address.replace(/^::ffff:/i, '')
  const [front = '', back] = address.split('%')[0]?.split('::') ?? []
  const head = front.split(':').filter(group => group !== '')
  const tail = back === undefined ? [] : back.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}
