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
  default: RegExp
}

const ours: Forms = {
  imports: /^import\s*(?:(?:\{([^}]*)\}|\*\s*as\s+(\w+)|(\w+))\s*from\s*)?'([^']+)'$/gm,
  declared: /^export (?=(?:async )?(?:function\*?|const|class) (\w+))/gm,
  listed: /(?!)()()/g,
  default: /(?!)/g,
}
const ofPackages: Forms = {
  imports: /\bimport\b\s*(?:(?:\{([^}]*)\}|\*\s*as\s+(\w+)|(\w+))\s*from\s*)?["']([^"']+)["'];?/g,
  declared: /\bexport\s+(?=(?:function|var) (\w+))/g,
  listed: /\bexport\s*\{([^}]*)\}(?:\s*from\s*["']([^"']+)["'])?;?/g,
  default: /\bexport\s+default\b/g,
}

/**
 * Each module becomes a function that is called once, after those that it imports, and gives what the module exports. In a package
 * two may import each other: of the one that comes later, names are variables of the script, and have their values once it has run.
 * @throws Error for an import or export in a form that no module has so far, for a module that is not there, and for a cycle of ours
 */
export function oneScript({ textByPath, pathBySpecifier }: BrowserModules, entry: string): string {
  const resolve = (specifier: string, from: string) => pathBySpecifier.get(specifier) ?? resolved(specifier, from)
  const textOf = (path: string) => {
    const text = textByPath.get(path)
    if (text === undefined) throw new Error(`there is no module ${path}`)
    return text
  }
  const order = ordered(entry, path => importsOf(textOf(path), path).map(specifier => resolve(specifier, path)))
  const late = new LateNames()
  const bodies = order.map((path, index) =>
    bodyOf(textOf(path), path, specifier => {
      const target = order.indexOf(resolve(specifier, path))
      return { name: `m${target}`, late: target > index ? late : undefined }
    }),
  )
  const modules = bodies.map((body, index) => late.assigned(`m${index}`, `(()=>{${body}})()`))
  return `${late.declared()}${modules.join('\n')}`
}

function formsOf(path: string): Forms {
  return path.startsWith('lib/') ? ofPackages : ours
}

/** Specifiers of what a module loads; `path` as in BrowserModules. */
export function importsOf(text: string, path: string): string[] {
  const { imports, listed } = formsOf(path)
  const imported = [...text.matchAll(imports)].map(([, , , , specifier = '']) => specifier)
  return [...imported, ...[...text.matchAll(listed)].flatMap(([, , specifier]) => specifier ?? [])]
}

/** Paths of modules, each behind those that it imports, but for the last of a cycle in a package. */
function ordered(entry: string, targetsOf: (path: string) => string[]): string[] {
  const order: string[] = []
  const open = new Set<string>()
  const visit = (path: string) => {
    if (order.includes(path)) return
    if (open.has(path)) {
      if (formsOf(path) === ofPackages) return
      throw new Error(`${path} imports itself, by way of others`)
    }
    open.add(path)
    for (const target of targetsOf(path)) visit(target)
    order.push(path)
  }
  visit(entry)
  return order
}

function resolved(specifier: string, from: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1)
  return new URL(withExtension(specifier), `file:///${from}`).pathname.slice(1)
}

/** Sources of packages that are made for bundlers leave it out. */
export function withExtension(specifier: string): string {
  return /\.(?:ts|m?js)$/.test(specifier) ? specifier : `${specifier}.js`
}

interface Target {
  /** What the script calls the module. */
  name: string
  /** Where it runs after the one that imports it. */
  late: LateNames | undefined
}

function bodyOf(text: string, path: string, targetOf: (specifier: string) => Target): string {
  const forms = formsOf(path)
  const exports = [...text.matchAll(forms.declared)].map(([, name = '']) => name)
  const body = text
    .replace(forms.imports, (_all, names?: string, whole?: string, byDefault?: string, specifier = '') =>
      imported({ names: byDefault === undefined ? names : `default as ${byDefault}`, whole }, targetOf(specifier)),
    )
    .replace(forms.listed, (_all, names: string, specifier: string | undefined) => {
      const source = specifier && targetOf(specifier).name
      exports.push(...listOf(names).map(([name, shown]) => `${shown}:${source ? `${source}.` : ''}${name}`))
      return ''
    })
    .replace(forms.default, () => {
      exports.push('default:$default')
      return 'const $default='
    })
    .replace(forms.declared, '')
  const result = `${body}\nreturn{${exports.join()}}`
  refuseRest(result, path)
  return result
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

/** Instead of an import: of names, of a module as one object, or of nothing but that it runs. */
function imported({ names, whole }: { names: string | undefined; whole: string | undefined }, target: Target): string {
  if (whole !== undefined) {
    target.late?.want(target.name, [])
    return `const ${whole}=${target.name};`
  }
  if (names === undefined) return ''
  const wanted = listOf(names)
  if (target.late !== undefined) {
    target.late.want(target.name, wanted)
    return ''
  }
  return `const{${partsOf(wanted)}}=${target.name};`
}

type Names = [name: string, as: string][]

/** Of `a, b as c`. */
function listOf(names: string): Names {
  return names.split(',').flatMap((words): Names => {
    const [name = '', as = name] = words.trim().split(/\s+as\s+/)
    return name === '' ? [] : [[name, as]]
  })
}

/** As in a pattern of an object. */
function partsOf(names: Names): string {
  return names.map(([name, as]) => (name === as ? name : `${name}:${as}`)).join()
}

/** What is imported of modules that have not run by then. */
class LateNames {
  readonly #modules = new Set<string>()
  /** The module and its name, by what the script calls it. */
  readonly #sources = new Map<string, string>()

  /** @throws Error for two of one name */
  want(module: string, names: Names): void {
    this.#modules.add(module)
    for (const [name, as] of names) {
      const source = `${module}.${name}`
      if ((this.#sources.get(as) ?? source) !== source) throw new Error(`two names that come late are ${as}`)
      this.#sources.set(as, source)
    }
  }

  /** Before all modules. */
  declared(): string {
    const variables = [...[...this.#modules].map(module => `${module}={}`), ...this.#sources.keys()]
    return variables.map(variable => `let ${variable}\n`).join('')
  }

  /** What a module gives, `exports`, under its name, and under the names that others wait for. */
  assigned(module: string, exports: string): string {
    if (!this.#modules.has(module)) return `const ${module}=${exports}`
    const sources = [...this.#sources].filter(([, source]) => source.startsWith(`${module}.`))
    return [`Object.assign(${module},${exports})`, ...sources.map(([as, source]) => `${as}=${source}`)].join('\n')
  }
}
