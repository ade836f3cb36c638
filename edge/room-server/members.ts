// The members of one room in memory, each with the secret it shares with the room; on disk as soon as something changes.
import { open, type RadioIdentity, sharedSecret } from '../radio/crypto.ts'
import { isAdmin, isWriter, type Member, type MemberStore } from './member.ts'

export interface MembersParts {
  room: string
  identity: RadioIdentity
  store: MemberStore
  /** So many are remembered; default 1,000. The firmware has room for 20. */
  max?: number
}

const membersMax = 1000

export interface Opened {
  member: Member
  secret: Uint8Array
  plaintext: Uint8Array
}

export class Members {
  readonly #parts: MembersParts
  readonly #byKey = new Map<string, Member>()
  /** Made when it is needed: it costs a millisecond. */
  readonly #secrets = new Map<string, Uint8Array>()

  constructor(parts: MembersParts) {
    this.#parts = parts
    for (const member of parts.store.load(parts.room)) this.#byKey.set(member.key, member)
  }

  all(): Member[] {
    return [...this.#byKey.values()]
  }

  get(key: string): Member | undefined {
    return this.#byKey.get(key)
  }

  /**
   * Who has to go before a new one comes: of those who are no admins the one that was silent for longest, and who may only
   * read before who may write. Keys cost nothing: where nobody needs a password they would fill the disk, and drive out all
   * who have one.
   */
  oldest(): Member | undefined {
    if (this.#byKey.size < (this.#parts.max ?? membersMax)) return undefined
    return this.all()
      .filter(member => !isAdmin(member))
      .sort((a, b) => Number(isWriter(a)) - Number(isWriter(b)) || a.heardAt - b.heardAt)[0]
  }

  /** @throws StoreUnavailableError */
  save(member: Member): void {
    this.#byKey.set(member.key, member)
    this.#parts.store.save(this.#parts.room, member)
  }

  /** @throws StoreUnavailableError */
  remove(key: string): void {
    this.#byKey.delete(key)
    this.#secrets.delete(key)
    this.#parts.store.remove(this.#parts.room, key)
  }

  secretWith(key: string): Uint8Array | undefined {
    const known = this.#secrets.get(key)
    if (known !== undefined) return known
    const secret = sharedSecret(this.#parts.identity, Buffer.from(key, 'hex'))
    if (secret !== undefined && this.#byKey.has(key)) this.#secrets.set(key, secret)
    return secret
  }

  /**
   * What members may have said in these sealed bytes, `from` being the first byte of the key. The MAC has two bytes: of
   * several members whose keys begin alike, more than one may seem to fit, and all are given.
   */
  openings(from: number, sealed: Uint8Array): Opened[] {
    const hash = from.toString(16).padStart(2, '0')
    return this.all().flatMap(member => {
      const secret = member.key.startsWith(hash) ? this.secretWith(member.key) : undefined
      const plaintext = secret && open(secret, sealed)
      return secret && plaintext ? [{ member, secret, plaintext }] : []
    })
  }
}
