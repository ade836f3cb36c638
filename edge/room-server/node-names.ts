// By what names nodes have made themselves known in their adverts: texts bear the author's key only.
import { nameBytesMax } from '#common/post-text.ts'
import { cutUtf8 } from '#common/utf8.ts'
import { decodeAdvert } from '../radio/adverts.ts'

const namesMax = 2000
/** Of strangers, so many names are written to disk at once, and then one more in so long: keys cost nothing, SD cards do. */
const savesBurst = 50
const saveEveryMs = 120_000

/** Where names are kept over restarts. */
export interface NameStore {
  load(): [key: string, name: string][]
  save(key: string, name: string): void
  remove(key: string): void
}

export interface NodeNamesParts {
  store: NameStore
  /** Their names are always kept; those of others as far as there is place. */
  isMember: (key: string) => boolean
  /** Monotonic ms. */
  ticks: () => number
}

interface Known {
  name: string
  /** Of the node's last advert in this run. */
  timestamp: number
  /** What is on disk. */
  saved: string | undefined
}

export class NodeNames {
  readonly #p: NodeNamesParts
  /** By public key in hex, the longest silent first. */
  readonly #names = new Map<string, Known>()
  #saves = savesBurst
  #savesAt: number

  constructor(parts: NodeNamesParts) {
    this.#p = parts
    this.#savesAt = parts.ticks()
    for (const [key, name] of parts.store.load()) this.#names.set(key, { name, timestamp: 0, saved: name })
  }

  /** Takes over what a signed advert says, if it is not an old one. @throws PacketError, StoreUnavailableError */
  hear(payload: Uint8Array): void {
    const { publicKey, name: said, timestamp, isSigned } = decodeAdvert(payload)
    const name = cutUtf8(said.replaceAll(/\p{Cc}/gu, ''), nameBytesMax)
    const key = Buffer.from(publicKey).toString('hex')
    const known = this.#names.get(key)
    if (!isSigned || name === '' || (known !== undefined && known.timestamp > timestamp)) return
    this.#names.delete(key)
    const heard: Known = { name, timestamp, saved: known?.saved }
    this.#names.set(key, heard)
    if (heard.saved !== name && this.#maySave(key)) {
      this.#p.store.save(key, name)
      heard.saved = name
    }
    if (this.#names.size > namesMax) this.#forgetOne()
  }

  of(key: string): string | undefined {
    return this.#names.get(key)?.name
  }

  /** Who finds no place on disk now will with one of its next adverts. */
  #maySave(key: string): boolean {
    const { isMember, ticks } = this.#p
    if (isMember(key)) return true
    const now = ticks()
    this.#saves = Math.min(savesBurst, this.#saves + (now - this.#savesAt) / saveEveryMs)
    this.#savesAt = now
    if (this.#saves < 1) return false
    this.#saves -= 1
    return true
  }

  /** The longest silent, and a member only where there is nobody else. */
  #forgetOne(): void {
    const { isMember, store } = this.#p
    const keys = [...this.#names.keys()]
    const key = keys.find(one => !isMember(one)) ?? keys[0] ?? ''
    const known = this.#names.get(key)
    this.#names.delete(key)
    if (known?.saved !== undefined) store.remove(key)
  }
}
