// All files of the console, read once from disk: the page, its modules, its style, and what the packages bring.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readBaseMap } from './base-map.ts'
import { browserModules, packageFile } from './browser-modules.ts'
import { oneScript } from './one-script.ts'
import { pageOf } from './page.ts'

const entry = 'common/console/app/main.ts'
const script = 'app.js'
const style = 'style.css'
const styles = ['base', 'shell', 'rooms', 'compose', 'network', 'map', 'city', 'alerts', 'print']
/** Loaded by the views that need them: scripts that are no modules. */
const extras: readonly [name: string, path: string][] = [
  ['leaflet', 'dist/leaflet.js'],
  ['uplot', 'dist/uPlot.iife.min.js'],
]
const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  bin: 'application/octet-stream',
  svg: 'image/svg+xml',
}

export interface ConsoleFile {
  type: string
  body: Buffer
}

export interface ConsoleFiles {
  page: string
  /** By the path behind `/console/<version>/`. */
  byPath: ReadonlyMap<string, ConsoleFile>
  /** Names the content of all of them: a browser may keep what it has under it for ever. */
  version: string
}

/** @throws Error when a file is not there, or imports what no browser has */
export function readConsoleFiles(): ConsoleFiles {
  const css = styles.map(name => plain(readFileSync(appFile(`style/${name}.css`), 'utf8'))).join('')
  const byPath = new Map<string, ConsoleFile>([
    [script, fileOf(script, Buffer.from(oneScript(browserModules(entry), entry)))],
    [style, fileOf(style, Buffer.from(css))],
    ['base-map.bin', fileOf('base-map.bin', readBaseMap())],
    ['icon.svg', fileOf('icon.svg', readFileSync(appFile('style/icon.svg')))],
  ])
  for (const [name, path] of extras) {
    const found = packageFile(name, path)
    byPath.set(found.path, fileOf(found.path, readFileSync(found.file)))
  }
  const version = versionOf(byPath)
  return { page: pageOf({ base: `/console/${version}/`, script, style }), byPath, version }
}

/** A style without comments and blanks: no text of it has either. */
function plain(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s*\n\s*/g, '\n')
    .replace(/: | \{/g, part => part.trim())
}

function appFile(path: string): string {
  return fileURLToPath(new URL(`app/${path}`, import.meta.url))
}

function fileOf(path: string, body: Buffer): ConsoleFile {
  const type = types[path.slice(path.lastIndexOf('.') + 1)]
  if (type === undefined) throw new Error(`${path}: files of this kind have no media type here`)
  return { type, body }
}

function versionOf(byPath: ReadonlyMap<string, ConsoleFile>): string {
  const hash = createHash('sha256')
  for (const [path, { body }] of byPath) hash.update(`${path} ${body.length}\n`).update(body)
  return hash.digest('base64url').slice(0, 12)
}
