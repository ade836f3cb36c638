// The Dockerfile keeps the rules that a linter would check, and copies all that the programs need and nothing else.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { allInstructions, copies, isIgnored, projectDir, readDockerfile } from '#test/support/dockerfile.ts'

const stages = readDockerfile()
const lock = JSON.parse(readFileSync(join(projectDir, 'package-lock.json'), 'utf8'))
const { version } = lock
const targets = { hub: 'hub/main.ts', edge: 'edge/main.ts' }

test('the base is the Node that the tests run with, by its whole version', () => {
  assert.equal(stages[0]?.from, `node:${lock.packages['node_modules/node'].version}-bookworm-slim`)
  assert.deepEqual(
    stages.slice(1).map(({ from }) => from),
    ['base', 'base'],
  )
})

test('the version is that of the project', () => {
  const labels = stages[0]?.instructions.filter(({ word }) => word === 'LABEL').map(({ rest }) => rest)
  assert.ok(labels?.some(label => label.includes(`org.opencontainers.image.version="${version}"`)))
})

test('packages are installed by the lock file, without those for development and without their scripts', () => {
  const [install = ''] = stages.flatMap(({ instructions }) =>
    instructions.filter(({ word, rest }) => word === 'RUN' && rest.includes('npm')).map(({ rest }) => rest),
  )
  assert.match(install, /^npm ci --omit=dev --ignore-scripts && npm cache clean/)
})

for (const [target, main] of Object.entries(targets)) {
  const all = allInstructions(stages, target)
  const last = (word: string) => all.findLast(instruction => instruction.word === word)?.rest
  const copied = copies(all)

  test(`${target}: no root, a health check, words as lists, no ADD, no secrets`, () => {
    assert.match(last('USER') ?? '', /^[1-9]\d*:[1-9]\d*$/)
    assert.match(last('HEALTHCHECK') ?? '', /^--interval=\S+ --timeout=\S+ --start-period=\S+ CMD \["/)
    for (const word of ['ENTRYPOINT', 'CMD']) assert.ok(Array.isArray(JSON.parse(last(word) ?? '')), word)
    assert.deepEqual(JSON.parse(last('ENTRYPOINT') ?? ''), ['node', main])
    assert.match(last('WORKDIR') ?? '', /^\//)
    assert.ok(!all.some(({ word }) => word === 'ADD'))
    assert.ok(!all.some(({ word, rest }) => ['ENV', 'ARG'].includes(word) && /secret|password|token/i.test(rest)))
    // Every RUN comes before USER: nothing of the code belongs to the one who runs it.
    assert.ok(all.findLastIndex(({ word }) => word === 'RUN') < all.findIndex(({ word }) => word === 'USER'))
  })

  test(`${target}: all that it imports or reads is copied`, () => {
    const isThere = (file: string) =>
      !isIgnored(file) && copied.some(([from]) => file === from || file.startsWith(`${from}/`))
    const needed = [...importedBy(main), ...importedBy('infra/health-check.ts'), 'package.json']
    assert.ok(needed.length > 60)
    assert.deepEqual(
      needed.filter(file => !isThere(file)),
      [],
    )
    // Scripts of Redis and of SQLite are read, not imported.
    const read = globSync(`{common,${target}}/**/*.{lua,sql}`, { cwd: projectDir })
    assert.ok(read.length > 0)
    assert.deepEqual(
      read.filter(file => !isThere(file)),
      [],
    )
  })
}

test('what is not for an image stays out', () => {
  for (const file of [
    'infra/compose-hub.conf',
    'infra/kubernetes/server.key',
    '.git/config',
    'test/run.ts',
    'hub/hub.db',
  ])
    assert.ok(isIgnored(file), file)
  assert.ok(!isIgnored('hub/main.ts') && !isIgnored('infra/health-check.ts'))
})

/** A file of ours, and all of ours that it imports, however far away. */
function importedBy(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const text = readFileSync(join(projectDir, file), 'utf8')
  const names = [...text.matchAll(/(?:from |import\()'((?:#|\.)[^']+)'/g)].map(([, name = '']) => name)
  for (const name of names) {
    const path = name.startsWith('#') ? name.slice(1) : relative(projectDir, join(projectDir, dirname(file), name))
    importedBy(path, seen)
  }
  return [...seen]
}
