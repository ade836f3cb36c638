// Which GUIDs a log holds, without a random page in every commit: new ones in memory, older ones in sealed, sorted buckets.
import { bytesToGuid, guidToBytes } from '../guid.ts'
import { roomIds } from './sqlite-entries.ts'
import { bucketPosts, type SeenStatements } from './sqlite-statements.ts'

/** 16 bits for each post and 6 probes: one lookup in about a thousand asks the database in vain. */
const filterBits = 16 * bucketPosts
const filterProbes = 6

/** The GUIDs of one room. Ids are those of table `post`; they grow, and a bucket is a range of them. */
export class SeenGuids {
  readonly #statements: SeenStatements
  /** GUIDs of posts in buckets not sealed yet, oldest first. */
  readonly #recent = new Map<string, number>()
  /** Of each sealed bucket, oldest first. */
  readonly #filters = new Map<number, Uint8Array>()
  /** Buckets whose posts were too many and are gone, and when the last of them came in (Unix ms). */
  readonly #retired: Map<number, number>
  #open: number

  /** Reads what is known of the posts from `firstId` to `lastId`. */
  constructor(statements: SeenStatements, firstId: number, lastId: number) {
    this.#statements = statements
    const [first, last] = [bucketOf(firstId), bucketOf(lastId)]
    const newest = statements.lastBucket.get(first, last)?.bucket
    this.#open = typeof newest === 'number' ? newest + 1 : first
    this.#retired = this.#readRetired(firstId)
    const oldest = Math.min(first, ...this.#retired.keys())
    for (const [bucket, guid] of pairs(statements.sealed.iterate(oldest, last))) this.#addToFilter(bucket, guid)
    const recent = statements.recent.iterate(Math.max(firstId, this.#open * bucketPosts), lastId)
    for (const [id, guid] of pairs(recent)) this.#recent.set(bytesToGuid(guid), id)
  }

  /** First bucket not sealed. */
  get open(): number {
    return this.#open
  }

  /** Id of the post stored with this GUID. It may have been trimmed since. */
  idOf(guid: string): number | undefined {
    const recent = this.#recent.get(guid)
    if (recent !== undefined || this.#filters.size === 0) return recent
    const bytes = guidToBytes(guid)
    const [start, step] = probesOf(bytes)
    for (const [bucket, filter] of this.#filters) {
      if (!mayHold(filter, start, step)) continue
      const row = this.#statements.find.get(bucket, bytes)
      if (row !== undefined) return Number(row.id)
    }
    return undefined
  }

  /** Notes posts after their commit. */
  add(posts: ReadonlyMap<string, number>): void {
    for (const [guid, id] of posts) this.#recent.set(guid, id)
  }

  /** Writes the buckets that posts up to `lastId` have filled, in the caller's transaction; gives the first not sealed. */
  seal(lastId: number): number {
    const end = bucketOf(lastId + 1)
    for (let bucket = this.#open; bucket < end; bucket += 1)
      this.#statements.seal.run(bucket, bucket * bucketPosts, (bucket + 1) * bucketPosts - 1)
    return end
  }

  /** To be called after the commit, with what `seal` gave. */
  sealed(open: number): void {
    if (open === this.#open) return
    this.#open = open
    for (const [guid, id] of this.#recent) {
      if (bucketOf(id) >= open) return
      this.#addToFilter(bucketOf(id), guidToBytes(guid))
      this.#recent.delete(guid)
    }
  }

  /** The greatest id up to which posts fill whole buckets: those before it may go while their GUIDs stay known. */
  wholeBefore(id: number): number {
    return bucketOf(id) * bucketPosts
  }

  /** Keeps the GUIDs of posts that are about to go, from `firstId` up to `endId` of `wholeBefore`, in the caller's transaction. */
  retire(firstId: number, endId: number): void {
    for (let bucket = bucketOf(firstId); bucket < bucketOf(endId); bucket += 1)
      this.#statements.retire.run(bucket, bucket * bucketPosts, (bucket + 1) * bucketPosts - 1)
  }

  /** To be called after the commit of `retire`. */
  retired(firstId: number): void {
    for (const [bucket, at] of this.#readRetired(firstId)) this.#retired.set(bucket, at)
  }

  /** Retired buckets whose GUIDs are of no use any more: all their posts came in before `keptSince` (Unix ms). */
  outlived(keptSince: number): number[] {
    return [...this.#retired].filter(([, at]) => at < keptSince).map(([bucket]) => bucket)
  }

  /** Deletes what `outlived` gave, in the caller's transaction. */
  dropRetired(buckets: readonly number[]): void {
    for (const bucket of buckets) {
      this.#statements.drop.run(bucket, bucket)
      this.#statements.unretire.run(bucket)
    }
  }

  /** To be called after the commit of `dropRetired`. */
  droppedRetired(buckets: readonly number[]): void {
    for (const bucket of buckets) {
      this.#filters.delete(bucket)
      this.#retired.delete(bucket)
    }
  }

  /** Deletes the buckets wholly before `firstId`, in the caller's transaction. */
  drop(oldFirstId: number, firstId: number): void {
    this.#statements.drop.run(bucketOf(oldFirstId), bucketOf(firstId) - 1)
  }

  /** To be called after the commit of `drop`. */
  dropped(firstId: number): void {
    for (const bucket of this.#filters.keys())
      if (bucket < bucketOf(firstId) && !this.#retired.has(bucket)) this.#filters.delete(bucket)
    for (const [guid, id] of this.#recent) {
      if (id >= firstId) break
      this.#recent.delete(guid)
    }
    this.#open = Math.max(this.#open, bucketOf(firstId))
  }

  #readRetired(firstId: number): Map<number, number> {
    const room = Math.floor(firstId / roomIds)
    const rows = this.#statements.retired.all(bucketOf(room * roomIds), bucketOf((room + 1) * roomIds) - 1)
    return new Map(rows as unknown as [number, number][])
  }

  #addToFilter(bucket: number, guid: Uint8Array): void {
    const filter = this.#filters.get(bucket) ?? new Uint8Array(filterBits / 8)
    this.#filters.set(bucket, filter)
    const [start, step] = probesOf(guid)
    for (let i = 0; i < filterProbes; i += 1) {
      const bit = (start + i * step) % filterBits
      filter[bit >> 3] = (filter[bit >> 3] ?? 0) | (1 << (bit & 7))
    }
  }
}

function pairs(rows: unknown): Iterable<[number, Uint8Array]> {
  return rows as Iterable<[number, Uint8Array]>
}

function bucketOf(id: number): number {
  return Math.floor(id / bucketPosts)
}

/** GUIDs are random or hashes: their own bytes are the hashes of a Bloom filter. Bytes 6 and 8 hold the UUID's fixed bits. */
function probesOf(guid: Uint8Array): [start: number, step: number] {
  const bytes = Buffer.from(guid.buffer, guid.byteOffset, guid.length)
  return [bytes.readUInt32LE(0), (bytes.readUInt32LE(10) | 1) >>> 0]
}

function mayHold(filter: Uint8Array, start: number, step: number): boolean {
  for (let i = 0; i < filterProbes; i += 1) {
    const bit = (start + i * step) % filterBits
    if (((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
  }
  return true
}
