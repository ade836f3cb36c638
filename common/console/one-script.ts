// All modules of ours as one script: pressed together they are two thirds of what they are one by one, and come in one answer.
import type { BrowserModules } from './browser-modules.ts'

const importPattern = /^import\s*(?:\{([^}]*)\}|\*\s*as\s+(\w+))\s*from\s*'([^']+)'$/gm
const exportPattern = /^export (?=(?:async )?(?:function\*?|const|class) (\w+))/gm
const packagesFolder = 'lib/'

/**
 * Each module becomes a function that is called once, after those that it imports, and gives what the module exports. Modules of
 * packages stay what they are. @throws Error for an import or export in a form that none of our modules has, and for a cycle
 */
export function oneScript({ textByPath, pathBySpecifier }: BrowserModules, entry: string): string {
  const packages = [...pathBySpecifier.keys()]
  const order = ordered(entry, textByPath)
  const nameOf = (specifier: string, from: string) => {
    const inPackages = packages.indexOf(specifier)
    return inPackages === -1 ? `m${order.indexOf(resolved(specifier, from))}` : `p${inPackages}`
  }
  const heads = packages.map((specifier, index) => `import * as p${index} from '${specifier}'`)
  const bodies = order.map((path, index) => {
    const body = bodyOf(textByPath.get(path) ?? '', { path, nameOf: specifier => nameOf(specifier, path) })
    return `const m${index} = (() => {\n${body}\n})()`
  })
  return [...heads, ...bodies].join('\n')
}

/** Paths of our modules, each behind those that it imports. */
function ordered(entry: string, textByPath: ReadonlyMap<string, string>): string[] {
  const order: string[] = []
  const open = new Set<string>()
  const visit = (path: string) => {
    if (order.includes(path)) return
    if (open.has(path)) throw new Error(`${path} imports itself, by way of others`)
    open.add(path)
    for (const [, , , specifier = ''] of (textByPath.get(path) ?? '').matchAll(importPattern)) {
      const target = resolved(specifier, path)
      if (textByPath.has(target) && !target.startsWith(packagesFolder)) visit(target)
    }
    order.push(path)
  }
  visit(entry)
  return order
}

function resolved(specifier: string, from: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1)
  return specifier.startsWith('.') ? new URL(specifier, `file:///${from}`).pathname.slice(1) : specifier
}

interface Place {
  path: string
  /** What the script calls that which is imported by a specifier. */
  nameOf: (specifier: string) => string
}

function bodyOf(text: string, { path, nameOf }: Place): string {
  const exported = [...text.matchAll(exportPattern)].map(([, name]) => name)
  const body = text
    .replace(importPattern, (_all, names: string | undefined, whole: string | undefined, specifier: string) => {
      const what = names === undefined ? whole : `{${names.replace(/\s+as\s+/g, ': ')}}`
      return `const ${what} = ${nameOf(specifier)}`
    })
    .replace(exportPattern, '')
  const [left] = /^(?:import\b(?!\s*\()|export\b).*$/m.exec(body) ?? []
  if (left !== undefined) throw new Error(`${path}: "${left}" is no import or export that goes into one script`)
  return `${body}\nreturn { ${exported.join(', ')} }`
}
