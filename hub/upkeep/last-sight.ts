// When each server that has a cursor here was last seen: as the registry says, and for one that it does not know, since it was missed.
import { z } from 'zod'
import { fromJson } from '#common/json.ts'
import type { Registry } from '../registry/registry.ts'
import type { Notes } from '../store/notes.ts'

const noteKey = 'retention'
/** A note has 16 KiB. Of more that the registry does not know, the rest have their turn when these are forgotten. */
const missedMax = 200
const missedSchema = z.record(z.string(), z.number())

export interface LastSightParts {
  spokes: Registry['spokes']
  notes: Notes
  /** Unix ms. */
  now: () => number
}

export class LastSight {
  readonly #parts: LastSightParts
  readonly #seenAtById: ReadonlyMap<string, number>
  /** Since when the registry was found not to know them. */
  readonly #missedSince: Record<string, number>
  readonly #missed: Record<string, number> = {}

  private constructor(parts: LastSightParts, seen: ReadonlyMap<string, number>, missed: Record<string, number>) {
    this.#parts = parts
    this.#seenAtById = seen
    this.#missedSince = missed
  }

  /** @throws StoreUnavailableError */
  static async read(parts: LastSightParts): Promise<LastSight> {
    const now = parts.now()
    const spokes = await parts.spokes()
    const seen = new Map(spokes.map(({ id, connected, lastSeenAt }) => [id, connected ? now : lastSeenAt]))
    return new LastSight(parts, seen, fromJson(missedSchema, await parts.notes.get(noteKey)) ?? {})
  }

  /** Unix ms; of a server that is linked: now. */
  of(id: string): number {
    const seenAt = this.#seenAtById.get(id)
    if (seenAt !== undefined) return seenAt
    const since = this.#missedSince[id] ?? this.#parts.now()
    if (Object.keys(this.#missed).length < missedMax) this.#missed[id] = since
    return since
  }

  /** Remembers whom it was asked for and the registry did not know. @throws StoreUnavailableError */
  async save(): Promise<void> {
    const text = JSON.stringify(this.#missed)
    if (text !== JSON.stringify(this.#missedSince)) await this.#parts.notes.set(noteKey, text)
  }
}
