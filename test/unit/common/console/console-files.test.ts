import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { browserModules } from '#common/console/browser-modules.ts'
import { readConsoleFiles } from '#common/console/console-files.ts'
import { contentSecurityPolicy } from '#common/console/page.ts'

test('every module of the console is JavaScript that imports nothing but what is served with it', () => {
  const { textByPath, pathBySpecifier } = browserModules('common/console/app/main.ts')
  assert.ok(textByPath.has('common/console/app/main.ts'))
  for (const path of pathBySpecifier.values()) assert.ok(textByPath.has(path), path)
  for (const [path, text] of textByPath) assert.doesNotMatch(text, /from ['"](node:|zod|fastify)/, path)
})

test('comments are not sent, and no text of several lines could lose its blanks', () => {
  const own = [...browserModules('common/console/app/main.ts').textByPath].filter(([path]) => !path.startsWith('lib/'))
  for (const [path, text] of own) {
    assert.doesNotMatch(text, /^\s*(\/\/|\/\*|\*)|^[ \t]/m, path)
    for (const line of text.split('\n')) assert.equal((line.match(/`/g)?.length ?? 0) % 2, 0, `${path}: ${line}`)
    const source = readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
    assert.doesNotMatch(source, /\S {2,}[,)=;{\]]/, `${path} has blanks in a text that would be lost`)
  }
})

test('an import that no browser has is refused by name', () => {
  assert.throws(() => browserModules('common/console/browser-modules.ts'), /browser-modules\.ts imports node:/)
})

test('the whole console is below 150 KB compressed', t => {
  const bodies = [...readConsoleFiles().byPath.values()].map(({ body }) => body)
  const kilobytes = (pack: (body: Buffer) => Buffer) =>
    Math.round(bodies.reduce((sum, body) => sum + pack(body).length, 0) / 1000)
  const sizes = { brotli: kilobytes(brotliCompressSync), gzip: kilobytes(body => gzipSync(body, { level: 9 })) }
  t.diagnostic(`${bodies.length} files, ${sizes.brotli} kB by Brotli, ${sizes.gzip} kB by gzip`)
  assert.ok(sizes.brotli < 150, `${sizes.brotli} kB`)
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
