// Where a spoke stands in the hub's logs by the cursor it has told, also when that is of an epoch that has ended.
import type { Cursor, History } from '#common/cursor.ts'
import type { PostLog } from '#common/post-log.ts'

export interface Place {
  log: PostLog
  cursor: Cursor | null
}

export class Histories {
  /** What has ended before an epoch does not change any more. */
  readonly #byRoom = new Map<string, Pick<History, 'epoch' | 'ended'>>()

  /** Reads the past of the logs in which somebody stands in another epoch than the present one, once. Never rejects. */
  async prepare(places: Iterable<Place>): Promise<void> {
    const logs = new Set<PostLog>()
    for (const { log, cursor } of places)
      if (cursor !== null && cursor.epoch !== log.head.epoch && !this.#isRead(log)) logs.add(log)
    await Promise.all(Array.from(logs, log => this.#read(log)))
  }

  /** The offset in the present epoch up to which its reader has everything; undefined: not known. */
  after({ log, cursor }: Place): number | undefined {
    const { epoch, first, head } = log.head
    if (cursor === null) return first - 1
    const end = cursor.epoch === epoch ? head : this.#isRead(log) && this.#byRoom.get(log.room)?.ended.get(cursor.epoch)
    return typeof end === 'number' ? Math.max(Math.min(cursor.offset, end), first - 1) : undefined
  }

  #isRead({ room, head }: PostLog): boolean {
    return this.#byRoom.get(room)?.epoch === head.epoch
  }

  async #read(log: PostLog): Promise<void> {
    try {
      this.#byRoom.set(log.room, await log.history())
    } catch {
      // The store is away: then it is not known.
    }
  }
}
