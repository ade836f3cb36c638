// Tokens of the hub's API: their form, and what is stored of them.
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { RequestError } from '#common/errors.ts'
import { type Role, roleSchema } from '#common/http/roles.ts'

export const tokensMax = 1000
/** A revoked token is refused by every instance within this time. */
export const tokenCacheMs = 5000

/** 8 hex digits: what `token list` shows beside the name. */
const tokenIdPattern = /^[0-9a-f]{8}$/
const tokenPattern = /^mcf_[A-Za-z0-9_-]{43}$/

export const tokenNameSchema = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u, 'must be 1 to 64 printable characters')
  .refine(name => !tokenIdPattern.test(name), 'must not look like a token id (8 hex digits)')

export const tokenRecordSchema = z.object({
  id: z.string().regex(tokenIdPattern),
  name: tokenNameSchema,
  role: roleSchema,
  /** SHA-256 of the token in hex; the token itself is kept nowhere. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Unix ms. */
  createdAt: z.int().min(0),
})
export type TokenRecord = z.infer<typeof tokenRecordSchema>

/** A new token and its record. The token is to be shown once. `name` is checked; default `<role>-<id>`. @throws ZodError */
export function newToken(role: Role, name?: string, now = Date.now()): { token: string; record: TokenRecord } {
  const token = `mcf_${randomBytes(32).toString('base64url')}`
  const id = randomBytes(4).toString('hex')
  const record = { id, name: name ?? `${role}-${id}`, role, hash: hashOf(token), createdAt: now }
  return { token, record: tokenRecordSchema.parse(record) }
}

/** SHA-256 in hex of a well-formed token; undefined for anything else, which no store needs to be asked about. */
export function tokenHash(token: string): string | undefined {
  return tokenPattern.test(token) ? hashOf(token) : undefined
}

/** @throws RequestError when a token with this record would be one too many or could not be told from another. */
export function checkNewToken(record: TokenRecord, known: readonly TokenRecord[]): void {
  if (known.length >= tokensMax)
    throw new RequestError(409, 'too_many_tokens', `there are ${tokensMax} tokens already; revoke one first`)
  if (known.some(({ name }) => name === record.name))
    throw new RequestError(409, 'name_taken', `there is a token named "${record.name}" already; choose another --name`)
}

// One unsalted hash is enough: a token has 256 random bits, and comparing hashes tells nothing about the token by its timing.
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Remembers tokens found for at most `tokenCacheMs`; unknown ones are asked for every time. */
export class TokenCache {
  readonly #load: (hash: string) => Promise<TokenRecord | undefined>
  readonly #now: () => number
  readonly #found = new Map<string, { record: TokenRecord; askedAt: number }>()

  /** `now` in ms, of any clock that never goes back. */
  constructor(load: (hash: string) => Promise<TokenRecord | undefined>, now = () => performance.now()) {
    this.#load = load
    this.#now = now
  }

  /** The record of a token; undefined when it is malformed, unknown or revoked. @throws what the loader throws */
  async find(token: string): Promise<TokenRecord | undefined> {
    const hash = tokenHash(token)
    if (hash === undefined) return undefined
    const askedAt = this.#now()
    const known = this.#found.get(hash)
    if (known !== undefined && askedAt - known.askedAt < tokenCacheMs) return known.record
    const record = await this.#load(hash)
    this.#remember(hash, record, askedAt)
    return record
  }

  #remember(hash: string, record: TokenRecord | undefined, askedAt: number): void {
    this.#found.delete(hash)
    if (record === undefined) return
    if (this.#found.size >= tokensMax) this.#found.clear()
    this.#found.set(hash, { record, askedAt })
  }
}
