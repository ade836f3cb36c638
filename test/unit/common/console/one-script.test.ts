// Our modules as one script: what each exports is there for those that import it, and nothing is lost without a word.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneScript } from '#common/console/one-script.ts'

const entry = 'common/console/app/main.ts'
const pathBySpecifier = new Map([
  ['pack', 'lib/pack/dist/pack.mjs'],
  ['pack/hooks', 'lib/pack/hooks.mjs'],
])
const scriptOf = (files: Record<string, string>) =>
  oneScript({ textByPath: new Map(Object.entries(files)), pathBySpecifier }, entry)
const run = async (script: string) => {
  const globals = globalThis as unknown as { told?: unknown }
  await import(`data:text/javascript,${encodeURIComponent(script)}`)
  const { told } = globals
  delete globals.told
  return told
}

test('modules run once, each after those that it imports, whatever they export', async () => {
  const script = scriptOf({
    [entry]: `import { add as plus, Count, twice } from './a.ts'
import * as b from '#common/b.ts'
globalThis.told = [plus(1, 2), new Count().n, await0(), b.name, b.loads]
function await0() { return typeof twice }`,
    'common/console/app/a.ts': `import {
name,
} from '../../b.ts'
export const add = (a, b) => a + b
export class Count { n = name }
export async function twice() {}`,
    'common/b.ts': `export const name = 'b'
const hidden = 1
export const loads = hidden`,
  })
  assert.deepEqual(await run(script), [3, 'b', 'function', 'b', 1])
})

test('packages are taken in, too, as their makers packed them', async () => {
  const script = scriptOf({
    [entry]: `import { useOne, two, three } from 'pack/hooks'
import { h } from 'pack'
globalThis.told = [useOne(), two, three, h]`,
    'lib/pack/dist/pack.mjs': 'var x="h",y=3;export{x as h,y as three};//# sourceMappingURL=pack.mjs.map',
    'lib/pack/hooks.mjs': `import{h as t}from"pack";export{three}from"pack";import { two } from "./two.js";
const u=()=>t+1;export{u as useOne,two};`,
    'lib/pack/two.js': 'const two = 2;\nexport {\ntwo\n};\n',
  })
  assert.deepEqual(await run(script), ['h1', 2, 3, 'h'])
})

test('names of one module are not seen by another', async () => {
  const script = scriptOf({
    [entry]: `import { one } from './a.ts'
import { two } from './b.ts'
globalThis.told = [one, two, typeof secret]`,
    'common/console/app/a.ts': `const secret = 1
export const one = secret`,
    'common/console/app/b.ts': `const secret = 2
export const two = secret`,
  })
  assert.deepEqual(await run(script), [1, 2, 'undefined'])
})

for (const [name, text] of [
  ['a default', 'export default 1'],
  ['a variable that may change', 'export let a = 1'],
  ['another module', "export { a } from './a.ts'"],
  ['a default behind something else', 'globalThis.a = 1;export default 1'],
] as const) {
  test(`an import or export of ${name} is refused by file`, () => {
    assert.throws(() => scriptOf({ [entry]: text }), /main\.ts: this does not go into one script: .*(export|import) /)
  })
}

test('a package may have cycles, an own default, and file names without their end', async () => {
  const script = scriptOf({
    [entry]: `import { last, sum } from 'pack'
import 'pack/hooks'
globalThis.told = [sum(), new last().n, globalThis.ran]`,
    'lib/pack/dist/pack.mjs': `import Most from "./most.it";import * as ends from "./end";
export function sum(){return Most.one+ends.two()}export{Last as last}from"./end";export var one=1;`,
    'lib/pack/dist/most.it.js': 'import{one as uno}from"./pack.mjs";export default{get one(){return uno}};',
    'lib/pack/dist/end.js': `import * as pack from "./pack.mjs";import Most from './most.it';
export function two(){return pack.one+Most.one}export function Last(){this.n="n"}`,
    'lib/pack/hooks.mjs': 'globalThis.ran=true;',
  })
  assert.deepEqual(await run(script), [3, 'n', true])
})

test('two names that are wanted before they are there must not be the same', () => {
  const files = {
    [entry]: "import { a } from 'pack'",
    'lib/pack/dist/pack.mjs': 'import{b}from"./b.js";import{c}from"./c.js";export var a=1,x=2;',
    'lib/pack/dist/b.js': 'import{a}from"./pack.mjs";export var b=1;',
    'lib/pack/dist/c.js': 'import{x as a}from"./pack.mjs";export var c=1;',
  }
  assert.throws(() => scriptOf(files), /two names that come late are a/)
})

test('a module that is not there is named', () => {
  assert.throws(
    () => scriptOf({ [entry]: "import { a } from './gone.ts'" }),
    /no module common\/console\/app\/gone\.ts/,
  )
})

test('a cycle is refused', () => {
  const files = { [entry]: "import { a } from './a.ts'", 'common/console/app/a.ts': "import { b } from './main.ts'" }
  assert.throws(() => scriptOf(files), /imports itself/)
})
