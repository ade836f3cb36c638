// What is remembered of peers over a restart: the key that each has shown, and who answered at an address of the config.
import { z } from 'zod'
import type { Log } from '#common/log.ts'
import { idSchema } from '#common/post.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'

const peerPrefix = 'peer:'
const addressPrefix = 'peer-at:'
/** Beyond so many the one that was not seen for longest is forgotten: who has the secret may come with ever new identities. */
const peersMax = 1000

const certificateSchema = z.object({ pin: z.string(), validFrom: z.string(), validTo: z.string() })

const peerRecordSchema = z.object({
  id: idSchema,
  /** As it calls itself. */
  name: z.string(),
  /** The one pinned, as last shown; null: it has shown none yet. */
  certificate: certificateSchema.nullable(),
  /** Unix ms: of the first contact or of the last word of trust; and of the last link. */
  pinnedAt: z.int(),
  seenAt: z.int(),
  /** Another key that it shows now: refused until somebody trusts it. */
  refused: z.object({ certificate: certificateSchema, at: z.int() }).optional(),
})
export type PeerRecord = z.infer<typeof peerRecordSchema>

const addressRecordSchema = z.object({
  id: idSchema,
  /** Another server that answers there now: refused until somebody trusts it. */
  refused: z.object({ id: idSchema, at: z.int() }).optional(),
})
export type AddressRecord = z.infer<typeof addressRecordSchema>

export class PeerRecords {
  readonly #meta: Meta
  readonly #log: Log
  readonly #peersById = new Map<string, PeerRecord>()
  readonly #addresses = new Map<string, AddressRecord>()

  constructor(meta: Meta, log: Log) {
    this.#meta = meta
    this.#log = log
    for (const [key, text] of meta.entries(peerPrefix)) {
      const record = this.#read(peerRecordSchema, key, text)
      if (record !== undefined) this.#peersById.set(record.id, record)
    }
    for (const [key, text] of meta.entries(addressPrefix)) {
      const record = this.#read(addressRecordSchema, key, text)
      if (record !== undefined) this.#addresses.set(key.slice(addressPrefix.length), record)
    }
  }

  peer(id: string): PeerRecord | undefined {
    return this.#peersById.get(id)
  }

  peers(): PeerRecord[] {
    return [...this.#peersById.values()]
  }

  get size(): number {
    return this.#peersById.size
  }

  address(address: string): AddressRecord | undefined {
    return this.#addresses.get(address)
  }

  /** `isKept`: servers that are not forgotten, however many others come. */
  setPeer(record: PeerRecord, isKept: (id: string) => boolean): void {
    this.#peersById.set(record.id, record)
    this.#write(peerPrefix + record.id, JSON.stringify(record))
    if (this.#peersById.size > peersMax) this.#forgetOldest(isKept)
  }

  setAddress(address: string, record: AddressRecord): void {
    this.#addresses.set(address, record)
    this.#write(addressPrefix + address, JSON.stringify(record))
  }

  #forgetOldest(isKept: (id: string) => boolean): void {
    const oldest = this.peers()
      .sort((a, b) => a.seenAt - b.seenAt)
      .find(({ id }) => !isKept(id))
    if (oldest === undefined) return
    this.#peersById.delete(oldest.id)
    this.#write(peerPrefix + oldest.id, undefined)
  }

  /** A disk that takes nothing must not end links; what is not written is asked for anew after a restart. */
  #write(key: string, value: string | undefined): void {
    try {
      this.#meta.change(new Map([[key, value]]))
    } catch (error) {
      this.#log.warn(`what is known of a peer could not be written down: ${String(error)}`)
    }
  }

  #read<T>(schema: z.ZodType<T>, key: string, text: string): T | undefined {
    try {
      return schema.parse(JSON.parse(text))
    } catch {
      this.#log.warn(`what was known of a peer is damaged (${key}): it counts as new`)
      return undefined
    }
  }
}
