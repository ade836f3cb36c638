// Nodes that the radio has told us of: texts bear the first bytes of the author's key only.
import { nameBytesMax } from '#common/post-text.ts'
import { cutUtf8 } from '#common/utf8.ts'
import type { NameStore } from '../room-server/node-names.ts'

const nodesMax = 2000

export interface KnownNode {
  /** 64 hex digits. */
  key: string
  name: string
}

export class NodeDirectory {
  readonly #store: NameStore
  /** By public key in hex, the longest silent first. */
  readonly #names: Map<string, string>

  constructor(store: NameStore) {
    this.#store = store
    this.#names = new Map(store.load())
  }

  /** @throws StoreUnavailableError */
  learn(publicKey: Uint8Array, said: string): void {
    const key = Buffer.from(publicKey).toString('hex')
    const name = cutUtf8(said.replaceAll(/\p{Cc}/gu, ''), nameBytesMax)
    if (name === '') return
    const known = this.#names.get(key)
    this.#names.delete(key)
    this.#names.set(key, name)
    if (known !== name) this.#store.save(key, name)
    const [oldest] = this.#names.keys()
    if (this.#names.size <= nodesMax || oldest === undefined) return
    this.#names.delete(oldest)
    this.#store.remove(oldest)
  }

  /** The only node whose key begins so; undefined when there is none, or several. */
  find(prefix: Uint8Array): KnownNode | undefined {
    const head = Buffer.from(prefix).toString('hex')
    const found = [...this.#names].filter(([key]) => key.startsWith(head))
    const [only] = found
    return only !== undefined && found.length === 1 ? { key: only[0], name: only[1] } : undefined
  }
}
