// What the documents point at is there: files, headings, and headings that programs and examples name in words.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const projectDir = fileURLToPath(new URL('../../', import.meta.url))
const folders = 'common,edge,hub,infra,test'
const inProject = (pattern: string) => globSync(pattern, { cwd: projectDir })
const documents = [...inProject('*.md'), ...inProject(`{${folders}}/**/*.md`)]
/** Headings of a document, without their marks. */
const headings = new Map(documents.map(file => [file, headingsOf(textOf(file))]))

/** A document without its code, in which `#` and brackets mean something else. */
function textOf(file: string): string {
  return readFileSync(join(projectDir, file), 'utf8').replace(/^ *```.*?^ *```$/gms, '')
}

function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, words = '']) => words)
}

/** As GitHub makes anchors; no document has the same heading twice. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** What is wrong with one link of a document; undefined: nothing. */
function faultOf(from: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? from : relative(projectDir, join(projectDir, dirname(from), path))
  if (!existsSync(join(projectDir, file))) return `${from}: ${link}: there is no ${file}`
  if (anchor === undefined || headings.get(file)?.some(heading => anchorOf(heading) === anchor)) return undefined
  return `${from}: ${link}: no such heading`
}

test('every link leads to a file, and to a heading in it', () => {
  const links = documents.flatMap(file =>
    [...textOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => [file, link] as const),
  )
  assert.ok(links.length > 50, `only ${links.length} links were found`)
  assert.deepEqual(
    links.map(link => faultOf(...link)).filter(fault => fault !== undefined),
    [],
  )
})

test('no document has a heading twice: its anchor would lead to the first', () => {
  for (const [file, all] of headings) assert.equal(new Set(all.map(anchorOf)).size, all.length, file)
})

test('headings that programs, units and examples name are there', () => {
  const sources = inProject(`{common,edge,hub,infra}/**/*.{ts,sh,service,example,conf,cfg,yaml}`)
  const named = sources.flatMap(file =>
    [...readFileSync(join(projectDir, file), 'utf8').matchAll(/([\w/-]*[\w-]+\.md),?(?: see)? "([A-Z][^"]+)"/g)].map(
      ([, document = '', heading = '']) => ({ file, document, heading }),
    ),
  )
  assert.ok(named.length >= 4, 'none were found')
  for (const { file, document, heading } of named)
    assert.ok(headings.get(document)?.includes(heading), `${file}: ${document} has no "${heading}"`)
})

test('source files that are named are there', () => {
  const sources = new Set(inProject(`{${folders}}/**/*.{ts,lua}`).map(file => basename(file)))
  for (const file of documents)
    for (const [, name = ''] of textOf(file).matchAll(/`([\w./-]+\.(?:ts|lua))`/g))
      assert.ok(sources.has(basename(name)), `${file}: there is no ${name}`)
})

test('the first page stays short', () => {
  const lines = readFileSync(join(projectDir, 'README.md'), 'utf8').split('\n').length
  assert.ok(lines < 520, `README.md has ${lines} lines: what is not needed on the first day is for infra/operating.md`)
})
