// All modules as one script: pressed together they are two thirds of what they are one by one, and come in one answer.
import { Script } from 'node:vm'

export interface BrowserModules {
  /** JavaScript by the path under which it is served: as in the project, packages in `lib/`. */
  textByPath: ReadonlyMap<string, string>
  /** Bare import specifiers with their paths. */
  pathBySpecifier: ReadonlyMap<string, string>
}

/** How modules import and export; packages, often minified, have it anywhere on a line. */
interface Forms {
  imports: RegExp
  /** Of what is declared there and then. */
  declared: RegExp
  /** Of names, or of another module's. */
  listed: RegExp
}

const ours: Forms = {
  imports: /^import\s*(?:\{([^}]*)\}|\*\s*as\s+(\w+))\s*from\s*'([^']+)'$/gm,
  declared: /^export (?=(?:async )?(?:function\*?|const|class) (\w+))/gm,
  listed: /(?!)()()/g,
}
const ofPackages: Forms = {
  imports: /\bimport\s*(?:\{([^}]*)\}|\*\s*as\s+(\w+))\s*from\s*["']([^"']+)["'];?/g,
  declared: /(?!)()/g,
  listed: /\bexport\s*\{([^}]*)\}(?:\s*from\s*["']([^"']+)["'])?;?/g,
}

/**
 * Each module becomes a function that is called once, after those that it imports, and gives what the module exports.
 * @throws Error for an import or export in a form that no module has so far, for a module that is not there, and for a cycle
 */
export function oneScript({ textByPath, pathBySpecifier }: BrowserModules, entry: string): string {
  const resolve = (specifier: string, from: string) => pathBySpecifier.get(specifier) ?? resolved(specifier, from)
  const textOf = (path: string) => {
    const text = textByPath.get(path)
    if (text === undefined) throw new Error(`there is no module ${path}`)
    return text
  }
  const order = ordered(entry, path => importsOf(textOf(path), path).map(specifier => resolve(specifier, path)))
  const nameOf = (path: string) => `m${order.indexOf(path)}`
  return order
    .map(path => {
      const body = bodyOf(textOf(path), { path, nameOf: specifier => nameOf(resolve(specifier, path)) })
      return `const ${nameOf(path)} = (() => {\n${body}\n})()`
    })
    .join('\n')
}

function formsOf(path: string): Forms {
  return path.startsWith('lib/') ? ofPackages : ours
}

/** Specifiers of what a module loads; `path` as in BrowserModules. */
export function importsOf(text: string, path: string): string[] {
  const { imports, listed } = formsOf(path)
  const imported = [...text.matchAll(imports)].map(([, , , specifier = '']) => specifier)
  return [...imported, ...[...text.matchAll(listed)].flatMap(([, , specifier]) => specifier ?? [])]
}

/** Paths of modules, each behind those that it imports. */
function ordered(entry: string, targetsOf: (path: string) => string[]): string[] {
  const order: string[] = []
  const open = new Set<string>()
  const visit = (path: string) => {
    if (order.includes(path)) return
    if (open.has(path)) throw new Error(`${path} imports itself, by way of others`)
    open.add(path)
    for (const target of targetsOf(path)) visit(target)
    order.push(path)
  }
  visit(entry)
  return order
}

function resolved(specifier: string, from: string): string {
  return specifier.startsWith('#') ? specifier.slice(1) : new URL(specifier, `file:///${from}`).pathname.slice(1)
}

interface Place {
  path: string
  /** What the script calls the module behind a specifier. */
  nameOf: (specifier: string) => string
}

function bodyOf(text: string, { path, nameOf }: Place): string {
  const { imports, declared, listed } = formsOf(path)
  const exports = [...text.matchAll(declared)].map(([, name = '']) => name)
  const body = text
    .replace(imports, (_all, names: string | undefined, whole: string | undefined, specifier: string) => {
      const what = names === undefined ? whole : `{${names.replace(/\s+as\s+/g, ': ')}}`
      return `const ${what} = ${nameOf(specifier)};`
    })
    .replace(listed, (_all, names: string, specifier: string | undefined) => {
      exports.push(...names.split(',').flatMap(name => exportOf(name.trim(), specifier && nameOf(specifier))))
      return ''
    })
    .replace(declared, '')
  const whole = `${body}\nreturn { ${exports.join(', ')} }`
  refuseRest(whole, path)
  return whole
}

/** An import or export that is left stands where JavaScript has none. */
function refuseRest(body: string, path: string): void {
  try {
    new Script(`'use strict'; () => {\n${body}\n}`, { filename: path })
  } catch (error) {
    const line = error instanceof Error ? error.stack?.split('\n')[1] : undefined
    throw new Error(`${path}: this does not go into one script: ${line?.slice(0, 200)}`, { cause: error })
  }
}

/** As a part of an object: of `a as b`, or of `a`; from the module `source` where it is not this one's. */
function exportOf(words: string, source: string | undefined): string[] {
  const [name = '', shown = name] = words.split(/\s+as\s+/)
  if (name === '') return []
  if (source !== undefined) return [`${shown}: ${source}.${name}`]
  return [name === shown ? name : `${shown}: ${name}`]
}
