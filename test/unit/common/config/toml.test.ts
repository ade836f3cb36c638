// TOML with positions: lines of keys, unquoted paths, and one fault for what is no TOML.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseToml } from '#common/config/toml.ts'
import { faultsOf } from './fake-files.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const valuesOf = (text: string) => plain(parseToml(text, 'room.conf').root)

test('values, sections, lists of sections, dotted keys and inline tables', () => {
  const text = 'a = 1\n[b]\nc.d = "x"\n[[b.e]]\nf = [1, 2]\n[[b.e]]\ng = { h = true, i.j = 2 }\n'
  assert.deepEqual(valuesOf(text), {
    a: 1,
    b: { c: { d: 'x' }, e: [{ f: [1, 2] }, { g: { h: true, i: { j: 2 } } }] },
  })
})

test('the line of every key, and of the nearest section for one that is not there', () => {
  const document = parseToml('# top\na = 1\n\n[b]\nc = 2\n[[b.d]]\ne = 3\n[[b.d]]\nf = [\n  4,\n]\n', 'room.conf')
  const lineOf = (...path: (string | number)[]) => document.lineOf(path)
  assert.deepEqual(
    [lineOf('a'), lineOf('b'), lineOf('b', 'c'), lineOf('b', 'd', 0, 'e'), lineOf('b', 'd', 1, 'f', 0)],
    [2, 4, 5, 7, 10],
  )
  assert.equal(lineOf('b', 'd', 1, 'missing'), 8)
  assert.equal(lineOf('missing'), 1)
})

test('unquoted paths are read, comments behind them are not', () => {
  const text = 'a = /etc/x.crt\nb.c=./y # comment\nd =\t../z\t\n"e f" = /g#h\n'
  assert.deepEqual(valuesOf(text), { a: '/etc/x.crt', b: { c: './y' }, d: '../z', 'e f': '/g' })
})

test('text inside strings stays as it is', () => {
  const text = 'a = """\nb = /etc/x\n"""\nc = \'\'\'\nd = /etc/y\n\'\'\'\ne = "f = /etc/z" # g = /h\ni = /j\n'
  assert.deepEqual(valuesOf(text), { a: 'b = /etc/x\n', c: 'd = /etc/y\n', e: 'f = /etc/z', i: '/j' })
})

test('a byte order mark and CRLF make no difference', () => {
  const document = parseToml('\uFEFFa = /x\r\n\r\nb = /y\r\nc = 1\r\n', 'room.conf')
  assert.deepEqual(plain(document.root), { a: '/x', b: '/y', c: 1 })
  assert.equal(document.lineOf(['c']), 4)
})

test('keys that every object has are keys like others', () => {
  const { root } = parseToml('__proto__ = 1\n[constructor]\ntoString = 2\n', 'room.conf')
  assert.deepEqual(Object.keys(root), ['__proto__', 'constructor'])
})

const broken: [string, string, number, RegExp][] = [
  ['an open string', 'a = 1\nb = "x\n', 2, /unterminated string/],
  ['a text without quotes', 'a = 1\n\nb = City A\n', 3, /must be in double quotes/],
  ['a path with a blank', 'a = /my files/x\n', 1, /must be in double quotes/],
  ['a path from home', 'a = ~/x\n', 1, /must be in double quotes/],
  ['an open string that ends like a path', 'a = """\nb = /x', 2, /unterminated string.*column 7$/],
  ['a key twice', 'a = 1\na = 2\n', 2, /multiple times/],
  ['a value turned into a section', 'a = 1\n[a.b]\n', 2, /multiple times/],
  ['an open list after unquoted paths', 'a = /x\nb = /y\nc = [\n', 4, /not valid TOML/],
  ['too many unquoted paths', Array.from({ length: 40 }, (_, i) => `k${i} = /x\n`).join(''), 33, /double quotes/],
  ['lists nested beyond reason', `a = ${'['.repeat(40)}${']'.repeat(40)}`, 1, /nested too deeply/],
  ['lists that overflow the stack', `a = ${'['.repeat(9000)}${']'.repeat(9000)}`, 1, /nested too deeply/],
  ['a text beyond the limit', '#'.repeat(70_000), 1, /longer than/],
]
for (const [name, text, line, reason] of broken) {
  test(`one fault with its line: ${name}`, () => {
    const faults = faultsOf(() => parseToml(text, 'room.conf'))
    assert.equal(faults.length, 1)
    assert.equal(faults[0]?.line, line)
    assert.equal(faults[0]?.key, 'syntax')
    assert.match(faults[0]?.reason ?? '', reason)
  })
}

test('the hint about quotes is given only where it helps', () => {
  const [fault] = faultsOf(() => parseToml('[a]\nb = 1\nb = 2\n', 'room.conf'))
  assert.doesNotMatch(fault?.reason ?? '', /quotes/)
})
