// Small things of a gateway that outlive a restart, one string each beside the posts.
import type { z } from 'zod'
import { fromJson } from '#common/json.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'

export interface Kept<T> {
  /** Undefined when nothing was kept, or nothing that can be read. @throws StoreUnavailableError */
  load(): T | undefined
  /** On disk when it returns. @throws StoreUnavailableError */
  save(value: T): void
}

export function keptJson<T>(meta: Meta, key: string, schema: z.ZodType<T>): Kept<T> {
  return {
    load: () => fromJson(schema, meta.get(key)),
    save: value => meta.set(key, JSON.stringify(value)),
  }
}
