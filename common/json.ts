// JSON that was kept somewhere: what it says when it is as it should be.
import type { z } from 'zod'

/** Undefined when there is no text, when it is not JSON, or not what `schema` says: damaged, or written by somebody else. */
export function fromJson<T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}
