// TOML text to plain values, and the line of every key in it; forgives the unquoted paths of the federation page.
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser'
import { ConfigError } from '../errors.ts'

/** Keys and list indexes from the root. */
export type KeyPath = readonly (string | number)[]

/** Without a prototype: a key of the file is never mistaken for something every object has. */
export interface Table {
  [key: string]: unknown
}

export interface TomlDocument {
  root: Table
  /** The line of a key, or of the nearest section around it; 1 at the root. */
  lineOf(path: KeyPath): number
}

const textCharsMax = 64 * 1024
const depthMax = 16
/** Each costs one more parse of the text. */
const unquotedPathsMax = 32

/** A value at the error's column that begins with `/`, `./` or `../`, holds no blank or quote, and ends the line but for a comment. */
const unquotedPath = /^(\s*(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w-]+)*\s*=\s*)(\.{0,2}\/[^\s"'#,[\]{}]*)\s*(?:#.*)?$/
const beforeUnquoted = /^\s*[\w-]+\s*=\s*(?=[^\s"'[{])/

/** @throws ConfigError with one fault when `text` is no TOML, longer than 64 Ki characters or nested too deeply. */
export function parseToml(text: string, file: string): TomlDocument {
  if (text.length > textCharsMax) throw fault(file, 1, `is longer than ${textCharsMax} characters`)
  const program = parseForgivingly(text.replace(/^\uFEFF/, ''), file)
  const builder = new DocumentBuilder(file)
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLTable') builder.addSection(node)
    else builder.addPair(node, [])
  }
  return builder
}

/**
 * The parser itself says where a value stands that it cannot read, so a path inside a string is never touched:
 * only when such a value looks like a path does it get its quotes, on the same line, and the text is parsed anew.
 */
function parseForgivingly(text: string, file: string): AST.TOMLProgram {
  let current = text
  for (let quoted = 0; ; quoted++) {
    try {
      return parseTOML(current, { tomlVersion: '1.0' })
    } catch (error) {
      // The parser recurses: what is nested some thousand levels deep ends in a RangeError.
      if (!(error instanceof ParseError)) throw fault(file, 1, 'is not valid TOML: nested too deeply')
      const mended = quoted < unquotedPathsMax ? quotePathAt(current, error) : undefined
      if (mended === undefined) throw syntaxFault(current, file, error)
      current = mended
    }
  }
}

function quotePathAt(text: string, { lineNumber, column, index }: ParseError): string | undefined {
  const [before, path] = unquotedPath.exec(lineAt(text, lineNumber))?.slice(1) ?? []
  if (before === undefined || path === undefined || before.length !== column) return undefined
  return `${text.slice(0, index)}'${path}'${text.slice(index + path.length)}`
}

/** Nothing of the text is quoted in the reason: the line may hold a secret. */
function syntaxFault(text: string, file: string, error: ParseError): ConfigError {
  const valueColumn = beforeUnquoted.exec(lineAt(text, error.lineNumber))?.[0].length ?? Number.POSITIVE_INFINITY
  const isUnquoted = error.column >= valueColumn && !error.message.startsWith('Unterminated')
  const hint = isUnquoted ? '; text and paths must be in double quotes' : ''
  const reason = error.message.charAt(0).toLowerCase() + error.message.slice(1)
  return fault(file, error.lineNumber, `is not valid TOML: ${reason}, at column ${error.column + 1}${hint}`)
}

function lineAt(text: string, line: number): string {
  return text.split(/\r?\n/, line)[line - 1] ?? ''
}

function fault(file: string, line: number, reason: string): ConfigError {
  return new ConfigError([{ file, line, key: 'syntax', reason }])
}

class DocumentBuilder implements TomlDocument {
  readonly root: Table = Object.create(null)
  readonly #file: string
  readonly #linesByPath = new Map<string, number>()

  constructor(file: string) {
    this.#file = file
  }

  lineOf(path: KeyPath): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.#linesByPath.get(JSON.stringify(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return 1
  }

  addSection({ resolvedKey, loc, body }: AST.TOMLTable): void {
    this.#containerAt(resolvedKey, loc.start.line)
    for (const pair of body) this.addPair(pair, resolvedKey)
  }

  addPair(pair: AST.TOMLKeyValue, section: KeyPath): void {
    const keys = pair.key.keys.map(key => (key.type === 'TOMLBare' ? key.name : key.value))
    this.#addValue(pair.value, [...section, ...keys])
  }

  #addValue(node: AST.TOMLContentNode, path: KeyPath): void {
    const line = node.loc.start.line
    if (node.type === 'TOMLValue') {
      const parent = this.#containerAt(path.slice(0, -1), line, path.at(-1))
      parent[path.at(-1) ?? ''] = node.value
      this.#remember(path, line)
    } else if (node.type === 'TOMLArray') {
      this.#containerAt(path, line, 0)
      for (const [index, element] of node.elements.entries()) this.#addValue(element, [...path, index])
    } else {
      this.#containerAt(path, line)
      for (const pair of node.body) this.addPair(pair, path)
    }
  }

  /** The table or list at `path`, made with everything above it where missing; a list when `next` is an index. */
  #containerAt(path: KeyPath, line: number, next: string | number = ''): Table {
    if (path.length > depthMax) throw fault(this.#file, line, 'is not valid TOML: nested too deeply')
    let here = this.root
    for (const [index, step] of path.entries()) {
      here[step] ??= typeof (path[index + 1] ?? next) === 'number' ? [] : Object.create(null)
      here = here[step] as Table
      this.#remember(path.slice(0, index + 1), line)
    }
    return here
  }

  /** The first place stands: it is where a section or a list begins. */
  #remember(path: KeyPath, line: number): void {
    const key = JSON.stringify(path)
    if (!this.#linesByPath.has(key)) this.#linesByPath.set(key, line)
  }
}
