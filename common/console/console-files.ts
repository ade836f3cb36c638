// All files of the console, read once from disk: the page, its modules, its style, and what the packages bring.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readBaseMap } from './base-map.ts'
import { browserModules, packageFile } from './browser-modules.ts'
import { oneScript } from './one-script.ts'
import { pageOf } from './page.ts'

const script = 'app.js'
/** Each with all that it imports; what is not the page's own is loaded by the views that need it. */
const scripts: readonly [path: string, entry: string][] = [
  [script, 'common/console/app/main.ts'],
  ['leaflet.js', 'common/console/app/network/leaflet.ts'],
]
const style = 'style.css'
const styles = ['base', 'shell', 'rooms', 'compose', 'network', 'map', 'city', 'alerts', 'print']
/** As its makers packed it. */
const charts = packageFile('uplot', 'dist/uPlot.iife.min.js')
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
    ...scripts.map(([path, entry]): [string, ConsoleFile] => [path, fileOf(path, scriptOf(entry))]),
    [style, fileOf(style, Buffer.from(css))],
    ['base-map.bin', fileOf('base-map.bin', readBaseMap())],
    ['icon.svg', fileOf('icon.svg', readFileSync(appFile('style/icon.svg')))],
    [charts.path, fileOf(charts.path, readFileSync(charts.file))],
  ])
  const version = versionOf(byPath)
  return { page: pageOf({ base: `/console/${version}/`, script, style }), byPath, version }
}

/** Names of two scripts do not meet. */
function scriptOf(entry: string): Buffer {
  return Buffer.from(`(() => {\n'use strict'\n${oneScript(browserModules(entry), entry)}\n})()`)
}

/** A style without comments and blanks: no text of it has either. */
function plain(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s*\n\s*/g, '\n')
    .replace(/: |, | ?[{};,]\n| \{/g, part => part.trim())
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
