// What a client of the lines port may say: one JSON object per line, `t` names it.
import { z } from 'zod'
import { cursorSchema, offsetSchema } from '#common/cursor.ts'
import { RequestError } from '#common/errors.ts'
import { keyFault, keyPattern } from '#common/keyed-write.ts'
import { authorSchema } from '#common/post.ts'

/** The connection cannot go on after this: it is told so, and closed. */
export class LineFault extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'LineFault'
    this.code = code
  }
}

/** Echoed in the answer, so that a script can tell its posts apart. */
const idSchema = z.string().max(64)

const joinSchema = z.object({
  t: z.literal('join'),
  room: z.string(),
  password: z.string().max(128).default(''),
  name: authorSchema.shape.name,
  /** Posts after this come first; without it only new ones. */
  since: z.union([offsetSchema, cursorSchema], 'must be an offset, or {"epoch","offset"}').optional(),
})

const commandSchema = z.discriminatedUnion('t', [
  joinSchema,
  z.object({
    t: z.literal('send'),
    id: idSchema.optional(),
    text: z.string('must be a text'),
    /** Idempotency key: sending it again stores nothing new. */
    key: z.string().regex(keyPattern, keyFault).optional(),
  }),
  z.object({ t: z.literal('replay'), since: offsetSchema }),
  z.object({ t: z.literal('ping') }),
  z.object({ t: z.literal('leave') }),
])

export type Command = z.infer<typeof commandSchema>
export type CommandOf<T extends Command['t']> = Extract<Command, { t: T }>

const commandNames = commandSchema.options.map(option => option.shape.t.value)
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON object of a line. @throws LineFault when it is none */
export function decodeLine(line: Buffer): Record<string, unknown> {
  const value = parseJson(decodeUtf8(line))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw notJson()
}

/** The id to echo in an answer to this line, if it has a usable one. */
export function idOf(value: Record<string, unknown>): string | undefined {
  return idSchema.safeParse(value.id).data
}

/** @throws RequestError naming the field that is wrong */
export function toCommand(value: Record<string, unknown>): Command {
  const result = commandSchema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue?.path.join('.') ?? ''
  if (field === 't') throw new RequestError(400, 'unknown_command', `t: must be one of ${commandNames.join(', ')}`)
  throw new RequestError(400, 'bad_command', `${field}: ${issue?.message ?? 'is not valid'}`)
}

function decodeUtf8(line: Buffer): string {
  try {
    return utf8.decode(line)
  } catch {
    throw new LineFault('bad_utf8', 'a line must be valid UTF-8')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson()
  }
}

function notJson(): LineFault {
  return new LineFault('bad_json', 'every line must be one JSON object, such as {"t":"join","room":"…","name":"…"}')
}
