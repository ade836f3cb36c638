// The bytes of the firmware's own programs, with what is known of each.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const keysSchema = z.looseObject({
  shared_secret: z.string().optional(),
  public: z.string().optional(),
  private: z.string().optional(),
  seed: z.string().optional(),
  secret: z.string().optional(),
  key: z.string().optional(),
  channel: z.object({ secret: z.string() }).optional(),
})

const vectorSchema = z.object({
  name: z.string(),
  hex: z.string(),
  keys: keysSchema.optional(),
  decoded: z.record(z.string(), z.unknown()),
  packet_hash: z.string().nullish(),
  airtime_ms: z.number().optional(),
})

const fileSchema = z.object({
  header: z.object({
    identities: z.record(z.string(), z.object({ seed: z.string(), pub: z.string(), prv: z.string() })),
  }),
  vectors: z.array(vectorSchema),
})

export type MeshcoreVector = z.infer<typeof vectorSchema>

const file = fileSchema.parse(
  JSON.parse(readFileSync(new URL('../vectors/meshcore/meshcore-1.17.1.json', import.meta.url), 'utf8')),
)

export const meshcoreVectors: readonly MeshcoreVector[] = file.vectors
export const meshcoreIdentities = file.header.identities

export function fromHex(text: unknown): Buffer {
  return Buffer.from(String(text), 'hex')
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
