// A table of frames, by name, makes a codec: contents of frames ↔ a union of typed values.
import { CompanionError } from './companion-error.ts'
import { type Field, FieldReader, type Parts, parts, type Shape, uint8 } from './companion-fields.ts'

/** What a frame begins with, and what follows. */
export interface Form<S extends Shape> {
  head: Uint8Array
  parts: Field<Parts<S>>
}

/** `head`: the code, and what must stand behind it. */
export function form<S extends Shape>(head: readonly number[], shape: S): Form<S> {
  return { head: Uint8Array.from(head), parts: parts(shape) }
}

/** A frame that is in no table: of a newer version, perhaps. */
export interface UnknownFrame {
  kind: 'unknown'
  /** First byte of the content. */
  code: number
  /** What follows it. */
  bytes: Uint8Array
}

type Forms = Readonly<Record<string, Form<Shape>>>
type Known<F extends Forms> = { [K in keyof F]: { kind: K } & (F[K] extends Form<infer S> ? Parts<S> : never) }[keyof F]

/** Of all that a table knows, and of what it does not. */
export type FrameOf<F extends Forms> = Known<F> | UnknownFrame

export interface Codec<F extends Forms> {
  /** Content of a frame, not limited in length here. @throws CompanionError when a value does not go into its bytes */
  encode(frame: FrameOf<F>): Uint8Array
  /** `content`: from 1 byte; the value looks into it. @throws CompanionError when it is too short for what it says to be */
  decode(content: Uint8Array): FrameOf<F>
}

export function codecOf<F extends Forms>(forms: F): Codec<F> {
  const formsByKind = new Map(Object.entries(forms))
  const formsByCode = Map.groupBy(formsByKind, ([, { head }]) => head[0])
  return {
    encode: ({ kind, ...values }) => {
      if (kind === 'unknown') return encodeUnknown(values as Omit<UnknownFrame, 'kind'>)
      const found = formsByKind.get(String(kind))
      if (found === undefined) throw new CompanionError(`no frame is called ${String(kind)}`)
      return Buffer.concat([found.head, found.parts.write(values)])
    },
    decode: content => {
      const [code] = content
      if (code === undefined) throw new CompanionError('an empty frame')
      const found = formsByCode.get(code)?.find(([, { head }]) => beginsWith(content, head))
      if (found === undefined) return { kind: 'unknown', code, bytes: content.subarray(1) }
      const [kind, { head, parts: field }] = found
      return { kind, ...field.read(new FieldReader(kind, content.subarray(head.length))) } as FrameOf<F>
    },
  }
}

function encodeUnknown({ code, bytes }: Omit<UnknownFrame, 'kind'>): Uint8Array {
  return Buffer.concat([uint8.write(code), bytes])
}

function beginsWith(content: Uint8Array, head: Uint8Array): boolean {
  return head.every((byte, at) => content[at] === byte)
}
