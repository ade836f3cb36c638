// By what names nodes have made themselves known in their adverts: texts bear the author's key only.
import { nameBytesMax } from '#common/post.ts'
import { decodeAdvert } from '../radio/adverts.ts'
import { cutUtf8 } from '../radio/bytes.ts'

const namesMax = 2000

/** Where names are kept over restarts. */
export interface NameStore {
  load(): [key: string, name: string][]
  save(key: string, name: string): void
  remove(key: string): void
}

export class NodeNames {
  readonly #store: NameStore
  /** By public key in hex, the longest silent first. The timestamp is of the node's last advert in this run. */
  readonly #names = new Map<string, { name: string; timestamp: number }>()

  constructor(store: NameStore) {
    this.#store = store
    for (const [key, name] of store.load()) this.#names.set(key, { name, timestamp: 0 })
  }

  /** Takes over what a signed advert says, if it is not an old one. @throws PacketError, StoreUnavailableError */
  hear(payload: Uint8Array): void {
    const { publicKey, name: said, timestamp, isSigned } = decodeAdvert(payload)
    const name = cutUtf8(said.replaceAll(/\p{Cc}/gu, ''), nameBytesMax)
    const key = Buffer.from(publicKey).toString('hex')
    const known = this.#names.get(key)
    if (!isSigned || name === '' || (known !== undefined && known.timestamp > timestamp)) return
    this.#names.delete(key)
    this.#names.set(key, { name, timestamp })
    if (known?.name !== name) this.#store.save(key, name)
    const [oldest] = this.#names.keys()
    if (this.#names.size > namesMax && oldest !== undefined) this.#forget(oldest)
  }

  of(key: string): string | undefined {
    return this.#names.get(key)?.name
  }

  #forget(key: string): void {
    this.#names.delete(key)
    this.#store.remove(key)
  }
}
