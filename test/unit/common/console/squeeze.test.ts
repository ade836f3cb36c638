// JavaScript without blanks and comments: fewer bytes, and never another meaning.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { squeezed } from '#common/console/squeeze.ts'

for (const [what, source, expected] of [
  ['blanks around signs', 'const f = (a, b) => ({ a, b: [ b ] })', 'const f=(a,b)=>({a,b:[b]})'],
  ['lines of one statement', 'f(\n  a,\n  b,\n)\n  .then(c)', 'f(a,b,).then(c)'],
  ['ends of statements', 'let a = b\nlet c\n;[d] = e\n', 'let a=b\nlet c;[d]=e'],
  ['a value that goes on in the next line', 'const a =\n  b &&\n  c', 'const a=b&&c'],
  ['words that end a statement with their line', 'return\n(a)\n', 'return\n(a)'],
  ['a sign that a line begins with', 'a\n++b', 'a\n++b'],
  ['signs that would be another', 'a + +b - -c + ++d', 'a+ +b- -c+ ++d'],
  ['a number before its method', '1 .toFixed()', '1 .toFixed()'],
  ['comments', 'a() // b\n/* c\n */ d() /* e */', 'a()\nd()'],
  ['the notice of a licence', '// a\n/*! b  c */\nd', '/*! b  c */\nd'],
  ['texts', `a('  // b', "it's  /* c */")`, `a('  // b',"it's  /* c */")`],
  ['a quote in a text', "a('\\'  ')  ", "a('\\'  ')"],
  ['a template of several lines', '`a\n  b`\nc', '`a\n  b`\nc'],
  ['regular expressions', "a = / '[/ ]  /g\nreturn /  b/", "a=/ '[/ ]  /g\nreturn /  b/"],
  ['division', "a / b / ' c'\n(d) / e", "a/b/' c'\n(d)/e"],
  ['what stands behind a regular expression', '/a/ in b', '/a/ in b'],
] as const) {
  test(`squeezed: ${what}`, () => assert.equal(squeezed(source), expected))
}

test('squeezed: the values of a template, and nothing else of it', () => {
  const value = (text: string) => ['$', '{', text, '}'].join('')
  const [inner, less] = [`\`  ${value(' { b: 1 } ')}\``, `\`  ${value('{b:1}')}\``]
  assert.equal(squeezed(`\`  ${value(` a + ${inner} `)}  // \`  + c`), `\`  ${value(`a+${less}`)}  // \`+c`)
})
