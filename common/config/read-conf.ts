// A TOML config against a zod schema: a checked object, and every fault at once as file:line: key: reason.
import { z } from 'zod'
import { ConfigError, type Fault } from '../errors.ts'
import { nearestName } from './nearest.ts'
import { type KeyPath, parseToml, type Table, type TomlDocument } from './toml.ts'

/** The faults found so far, each at a key. Of several faults of one key the first is kept: the others follow from it. */
export class FaultList {
  readonly #file: string
  readonly #document: TomlDocument
  readonly #faultsByKey = new Map<string, Fault>()

  constructor(file: string, document: TomlDocument) {
    this.#file = file
    this.#document = document
  }

  /** `reason` says how to mend it, and never holds the value: it may be a secret. */
  add(path: KeyPath, reason: string): void {
    const key = pathToText(path)
    if (this.#faultsByKey.has(key)) return
    this.#faultsByKey.set(key, { file: this.#file, line: this.#document.lineOf(path), key, reason })
  }

  has(path: KeyPath): boolean {
    return this.#faultsByKey.has(pathToText(path))
  }

  /** @throws ConfigError with every fault, in the order of the lines. */
  throwIfAny(): void {
    if (this.#faultsByKey.size === 0) return
    throw new ConfigError([...this.#faultsByKey.values()].sort((a, b) => a.line - b.line))
  }
}

export interface CheckedShape<T> {
  /** Faulty values are left out or have their default, so that the other rules can still be checked. */
  value: T
  faults: FaultList
}

/** Each round takes away what was faulty; a value taken away can be faulty no more. */
const roundsMax = 8

/**
 * Parses `text` and checks it against `schema`, in which every value must be optional or have a default.
 * The caller adds the faults of its own rules to the list and then calls throwIfAny().
 * @throws ConfigError at once when the text is no TOML.
 */
export function checkShape<T extends z.ZodObject>(schema: T, text: string, file: string): CheckedShape<z.output<T>> {
  const document = parseToml(text, file)
  const faults = new FaultList(file, document)
  for (const unknown of unknownKeys(schema, document.root, [])) {
    faults.add(unknown.path, misplacedReason(schema, unknown.path) ?? unknownKeyReason(unknown))
  }
  for (let round = 0; round < roundsMax; round++) {
    const result = schema.safeParse(document.root)
    if (result.success) return { value: result.data, faults }
    for (const issue of result.error.issues) {
      const path = issue.path.map(step => (typeof step === 'number' ? step : String(step)))
      faults.add(path, issue.message)
      remove(document.root, path)
    }
  }
  faults.throwIfAny()
  throw new TypeError('every value of a config schema must be optional')
}

interface UnknownKey {
  path: KeyPath
  isSection: boolean
  /** The keys that may stand in its place. */
  known: readonly string[]
}

function* unknownKeys(schema: unknown, value: unknown, path: KeyPath): Generator<UnknownKey> {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const [index, element] of value.entries()) yield* unknownKeys(inner.element, element, [...path, index])
  }
  if (!(inner instanceof z.ZodObject) || !isTable(value)) return
  const known = Object.keys(inner.shape)
  for (const [key, child] of Object.entries(value)) {
    if (Object.hasOwn(inner.shape, key)) yield* unknownKeys(inner.shape[key], child, [...path, key])
    else yield { path: [...path, key], isSection: isContainer(child), known }
  }
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap())
  }
  return schema
}

/** In TOML a section goes on until the next one: a key added at the end of the file is in the last, whatever was meant. */
function misplacedReason(schema: z.ZodObject, path: KeyPath): string | undefined {
  const inList = path.findIndex(step => typeof step === 'number')
  if (inList < 2) return undefined
  const section = path.slice(0, inList - 1)
  const table = section.reduce<unknown>((here, step) => shapeOf(here)?.[step], schema)
  if (!Object.hasOwn(shapeOf(table) ?? {}, String(path.at(-1)))) return undefined
  return `belongs to [${section.join('.')}]: move it above the first [[${path.slice(0, inList).join('.')}]]`
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  const inner = unwrap(schema)
  return inner instanceof z.ZodObject ? inner.shape : undefined
}

function unknownKeyReason({ path, isSection, known }: UnknownKey): string {
  const key = String(path.at(-1))
  const what = isSection ? 'unknown section' : 'unknown key'
  const nearest = nearestName(key, known)
  if (nearest !== undefined) return `${what}; did you mean ${nearest}?`
  return `${what}; remove it, or use one of ${known.join(', ')}`
}

/** Takes a value out. An element of a list takes the list with it: the indexes of the others must stay true. */
function remove(root: Table, path: KeyPath): void {
  const last = path.findLastIndex(step => typeof step === 'string')
  let here: unknown = root
  for (const step of path.slice(0, last)) here = isContainer(here) ? here[step] : undefined
  if (isContainer(here)) delete here[path[last] ?? '']
}

function isContainer(value: unknown): value is Table {
  return typeof value === 'object' && value !== null
}

function isTable(value: unknown): value is Table {
  return isContainer(value) && !Array.isArray(value) && !(value instanceof Date)
}

/** `federation.hubs[0].url`; a key that needs quotes has them, without control characters, cut at 64. */
function pathToText(path: KeyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const key = /^[\w-]{1,64}$/.test(step) ? step : JSON.stringify(step.replaceAll(/\p{C}/gu, '?').slice(0, 64))
    return text === '' ? key : `${text}.${key}`
  }, '')
}
