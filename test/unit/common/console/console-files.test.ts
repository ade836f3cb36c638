import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { browserModules } from '#common/console/browser-modules.ts'
import { readConsoleFiles } from '#common/console/console-files.ts'
import { contentSecurityPolicy } from '#common/console/page.ts'

const project = new URL('../../../../', import.meta.url)
const entries = ['common/console/app/main.ts', 'common/console/app/network/leaflet.ts']

test('every module of the console is JavaScript that imports nothing but what is served with it', () => {
  const { textByPath, pathBySpecifier } = browserModules('common/console/app/main.ts')
  assert.ok(textByPath.has('common/console/app/main.ts'))
  for (const path of pathBySpecifier.values()) assert.ok(textByPath.has(path), path)
  for (const [path, text] of textByPath) assert.doesNotMatch(text, /from ['"](node:|zod|fastify)/, path)
})

test('what is sent means what was written, without its comments and most of its blanks', () => {
  for (const [path, text] of entries.flatMap(entry => [...browserModules(entry).textByPath])) {
    const source = readFileSync(new URL(path.replace(/^lib/, 'node_modules'), project), 'utf8')
    assert.equal(printed(text), printed(source.replaceAll('process.env.NODE_ENV', '"production"')), path)
    assert.doesNotMatch(text, /^(\s|\/\/|\/\*(?!!))|[ \t]$/m, path)
  }
})

test('an import that no browser has is refused by name', () => {
  assert.throws(() => browserModules('common/console/browser-modules.ts'), /browser-modules\.ts imports node:/)
})

test('the whole console is below 150 KB compressed, also by gzip: a browser gets no other over plain HTTP', t => {
  const bodies = [...readConsoleFiles().byPath.values()].map(({ body }) => body)
  const sizeBy = (pack: (body: Buffer) => Buffer) => bodies.reduce((sum, body) => sum + pack(body).length, 0)
  const sizes = { brotli: sizeBy(brotliCompressSync), gzip: sizeBy(body => gzipSync(body, { level: 9 })) }
  t.diagnostic(`${bodies.length} files, ${sizes.brotli} bytes by Brotli, ${sizes.gzip} by gzip`)
  assert.ok(sizes.gzip < 150_000, `${sizes.gzip} bytes by gzip`)
})

test('the page names what is served, has nothing inline, and its policy lets a browser load nothing else', () => {
  const { page, byPath, version } = readConsoleFiles()
  assert.match(contentSecurityPolicy, /default-src 'none'; script-src 'self';/)
  assert.doesNotMatch(contentSecurityPolicy, /unsafe|sha256|https?:/)
  assert.doesNotMatch(page, /<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/)
  const base = `/console/${version}/`
  for (const [, path = ''] of page.matchAll(/(?:href|src)="([^"]+)"/g)) {
    assert.ok(path.startsWith(base), path)
    assert.ok(byPath.has(path.slice(base.length)), path)
  }
})

/** As a parser reads it and writes it anew: without types, comments and blanks, and without imports of nothing. */
function printed(text: string): string {
  return stripTypeScriptTypes(text, { mode: 'transform' }).replace(/^import ".*\n/gm, '')
}
