// All files of the console, once for this process: the page, its scripts and style, and what they show.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readBaseMap } from './base-map.ts'
import { bundle } from './bundle.ts'
import { pageOf } from './page.ts'

const icon = fileURLToPath(new URL('app/style/icon.svg', import.meta.url))
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
export async function readConsoleFiles(): Promise<ConsoleFiles> {
  const bodies = new Map([
    ...(await bundle()),
    ['base-map.bin', readBaseMap()] as const,
    ['icon.svg', readFileSync(icon)] as const,
  ])
  const byPath = new Map([...bodies].map(([path, body]) => [path, { type: typeOf(path), body }]))
  const version = versionOf(byPath)
  return { page: pageOf(`/console/${version}/`), byPath, version }
}

function typeOf(path: string): string {
  const type = types[path.slice(path.lastIndexOf('.') + 1)]
  if (type === undefined) throw new Error(`${path}: files of this kind have no media type here`)
  return type
}

function versionOf(byPath: ReadonlyMap<string, ConsoleFile>): string {
  const hash = createHash('sha256')
  for (const [path, { body }] of byPath) hash.update(`${path} ${body.length}\n`).update(body)
  return hash.digest('base64url').slice(0, 12)
}
