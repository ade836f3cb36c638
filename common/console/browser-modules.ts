// The console's modules as a browser loads them: everything that the app imports, straight from source with its types stripped.
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserModules, importsOf, withExtension } from './one-script.ts'
import { squeezed } from './squeeze.ts'

const projectUrl = new URL('../../', import.meta.url)
const packagesFolder = '/node_modules/'

/**
 * What `entry`, a path in the project, imports, and all that follows from it. @throws Error for an import that no browser
 * can load: it names the file and the specifier
 */
export function browserModules(entry: string): BrowserModules {
  const textByPath = new Map<string, string>()
  const pathBySpecifier = new Map<string, string>()
  const waiting = [new URL(entry, projectUrl).href]
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    const path = servedPath(url)
    if (textByPath.has(path)) continue
    const text = javaScriptOf(url)
    textByPath.set(path, text)
    for (const specifier of importsOf(text, path)) {
      const target = resolved(specifier, url)
      if (!specifier.startsWith('.') && !specifier.startsWith('#')) pathBySpecifier.set(specifier, servedPath(target))
      waiting.push(target)
    }
  }
  return { textByPath, pathBySpecifier }
}

/** Of a file of the project or of a package. @throws Error for any other */
function servedPath(url: string): string {
  const inPackages = url.lastIndexOf(packagesFolder)
  if (inPackages !== -1) return `lib/${url.slice(inPackages + packagesFolder.length)}`
  if (url.startsWith(projectUrl.href)) return url.slice(projectUrl.href.length)
  throw new Error(`${url} is no file of this project`)
}

function resolved(specifier: string, from: string): string {
  if (specifier.startsWith('node:')) throw new Error(`${from} imports ${specifier}, which no browser has`)
  if (specifier.startsWith('.')) return new URL(withExtension(specifier), from).href
  return import.meta.resolve(specifier)
}

function javaScriptOf(url: string): string {
  const text = readFileSync(fileURLToPath(url), 'utf8')
  // Some packages ask Node how they are run, and a browser has no `process`.
  if (extname(url) !== '.ts') return squeezed(text.replaceAll('process.env.NODE_ENV', '"production"'))
  // A specifier `import { type A }` leaves an import of nothing behind, and a browser would load the file all the same.
  return squeezed(quietly(() => stripTypeScriptTypes(text)).replace(/^import \{\s*\} from '[^']+'$/gm, ''))
}

/** Node says once in a process that this function may still change; an operator need not hear it. */
function quietly<T>(job: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return job()
  } finally {
    process.emitWarning = emitWarning
  }
}

/** A file of a package, by package name and path in it, with the path under which it is served. */
export function packageFile(name: string, path: string): { path: string; file: string } {
  const { href } = new URL(path, import.meta.resolve(`${name}/package.json`))
  return { path: servedPath(href), file: fileURLToPath(href) }
}
