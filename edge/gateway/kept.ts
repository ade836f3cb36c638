// Small things of a gateway that outlive a restart, one string each beside the posts.
import type { z } from 'zod'
import type { Meta } from '#common/sqlite-store.ts'

export interface Kept<T> {
  /** Undefined when nothing was kept, or nothing that can be read. @throws StoreUnavailableError */
  load(): T | undefined
  /** On disk when it returns. @throws StoreUnavailableError */
  save(value: T): void
}

export function keptJson<T>(meta: Meta, key: string, schema: z.ZodType<T>): Kept<T> {
  return {
    load: () => {
      try {
        return schema.safeParse(JSON.parse(meta.get(key) ?? 'null')).data
      } catch (error) {
        if (error instanceof SyntaxError) return undefined
        throw error
      }
    },
    save: value => meta.set(key, JSON.stringify(value)),
  }
}
