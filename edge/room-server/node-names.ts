// By what names nodes have made themselves known in their adverts: texts bear the author's key only.
import { nameBytesMax } from '#common/post.ts'
import { decodeAdvert } from '../radio/adverts.ts'
import { cutUtf8 } from '../radio/bytes.ts'

const namesMax = 2000

export class NodeNames {
  /** By public key in hex, the longest silent first. */
  readonly #names = new Map<string, { name: string; timestamp: number }>()

  /** Takes over what a signed advert says, if it is not an old one. @throws PacketError */
  hear(payload: Uint8Array): void {
    const { publicKey, name, timestamp, isSigned } = decodeAdvert(payload)
    const key = Buffer.from(publicKey).toString('hex')
    const known = this.#names.get(key)
    if (!isSigned || name === '' || (known !== undefined && known.timestamp > timestamp)) return
    this.#names.delete(key)
    this.#names.set(key, { name: cutUtf8(name.replaceAll(/\p{Cc}/gu, ''), nameBytesMax), timestamp })
    if (this.#names.size > namesMax) this.#names.delete(this.#names.keys().next().value ?? '')
  }

  of(key: string): string | undefined {
    return this.#names.get(key)?.name || undefined
  }
}
