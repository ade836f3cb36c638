import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { bundle } from '#common/console/bundle.ts'
import { readConsoleFiles } from '#common/console/console-files.ts'
import { contentSecurityPolicy } from '#common/console/page.ts'

test('several servers of one process make the files at once, each the same', async () => {
  const made = await Promise.all([readConsoleFiles(), readConsoleFiles(), readConsoleFiles()])
  assert.equal(new Set(made.map(({ version }) => version)).size, 1)
  assert.equal((await readConsoleFiles()).version, made[0].version)
})

test('what a browser loads has a notice for each library that asks for one, and nothing of the servers', async () => {
  const { byPath } = await readConsoleFiles()
  const text = [...byPath].filter(([path]) => path.endsWith('.js')).map(([, { body }]) => String(body))
  assert.doesNotMatch(text.join(), /ZodError|fastify|process\.env|\brequire\(/)
  assert.match(text.join(), /Leaflet.*BSD 2-Clause/)
})

test('an import that no browser has is refused by file and name', async () => {
  await assert.rejects(bundle({ app: 'common/console/base-map.ts' }), /base-map\.ts:\d+:\d+: ERROR: .*"node:fs"/)
})

/** Of the style and of the objects of a browser: esbuild translates syntax, and no more. */
const newerThanBrowsers =
  /light-dark\(|@starting-style|@scope|anchor-name|field-sizing|AbortSignal\.any|\.withResolvers|\.groupBy\(|\.fromAsync|Promise\.try|\.toHex\(/

test('nothing is used that browsers of three years ago lack, as far as a list of what tempts goes', async () => {
  const { byPath } = await readConsoleFiles()
  for (const [path, { body }] of byPath) assert.doesNotMatch(String(body), newerThanBrowsers, path)
})

test('the whole console is below 150 KB compressed, also by gzip: a browser gets no other over plain HTTP', async t => {
  const bodies = [...(await readConsoleFiles()).byPath.values()].map(({ body }) => body)
  const sizeBy = (pack: (body: Buffer) => Buffer) => bodies.reduce((sum, body) => sum + pack(body).length, 0)
  const sizes = { brotli: sizeBy(brotliCompressSync), gzip: sizeBy(body => gzipSync(body, { level: 9 })) }
  t.diagnostic(`${bodies.length} files, ${sizes.brotli} bytes by Brotli, ${sizes.gzip} by gzip`)
  assert.ok(sizes.gzip < 150_000, `${sizes.gzip} bytes by gzip`)
})

test('the page names what is served, has nothing inline, and its policy lets a browser load nothing else', async () => {
  const { page, byPath, version } = await readConsoleFiles()
  assert.match(contentSecurityPolicy, /default-src 'none'; script-src 'self';/)
  assert.doesNotMatch(contentSecurityPolicy, /unsafe|sha256|https?:/)
  assert.doesNotMatch(page, /<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/)
  const base = `/console/${version}/`
  for (const [, path = ''] of page.matchAll(/(?:href|src)="([^"]+)"/g)) {
    assert.ok(path.startsWith(base), path)
    assert.ok(byPath.has(path.slice(base.length)), path)
  }
})
