// The registry in files: the contract, and what is special to files.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { FileRegistry } from '#hub/registry/file-registry.ts'
import { newToken } from '#hub/registry/tokens.ts'
import { registryContract, spoke } from './registry-contract.ts'

async function makeDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'file-registry-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

function open(t: TestContext, dir: string, options: { now?: () => number; lines?: string[] } = {}) {
  const { now = () => 1_000_000, lines = [] } = options
  const log = createLog({ json: false, write: line => lines.push(line) })
  const opened = FileRegistry.open({ dir, log, now })
  t.after(async () => (await opened.catch(() => undefined))?.close())
  return opened
}

registryContract('files', async (t, now) => {
  const dir = await makeDir(t)
  return { registry: await open(t, dir, { now }), second: () => open(t, dir, { now }) }
})

test('files: spokes outlive the process, nobody else may read the files, and none is left over', async t => {
  const dir = await makeDir(t)
  const registry = await open(t, dir)
  await registry.addToken(newToken('admin').record)
  await registry.spokeSeen(spoke(1))
  await registry.close()
  assert.deepEqual(await (await open(t, dir)).spokes(), [spoke(1)])
  const files = await readdir(dir, { recursive: true })
  assert.equal(files.length, 3)
  for (const file of files) assert.equal((await stat(join(dir, file))).mode & 0o077, 0, file)
})

test('files: a damaged file is passed over and named in the log', async t => {
  const dir = await makeDir(t)
  const lines: string[] = []
  const { token, record } = newToken('admin')
  await (await open(t, dir)).addToken(record)
  await writeFile(join(dir, 'tokens', `${record.hash}.json`), '{"id":')
  await writeFile(join(dir, 'spokes.json'), '[{}]')
  const registry = await open(t, dir, { lines })
  assert.equal(await registry.findToken(token), undefined)
  assert.deepEqual(await registry.tokens(), [])
  assert.deepEqual(await registry.spokes(), [])
  assert.match(lines.join(''), /\[WARN\] The list of spokes cannot be used.*spokes\.json/)
  assert.match(lines.join(''), new RegExp(`\\[WARN\\] A token file cannot be used.*${record.hash}`))
})

test('files: a directory that cannot be used is an unavailable store, and a warning while it runs', async t => {
  const dir = await makeDir(t)
  await writeFile(join(dir, 'file'), '')
  await assert.rejects(open(t, join(dir, 'file')), StoreUnavailableError)
  const lines: string[] = []
  const registry = await open(t, dir, { lines })
  await rm(dir, { recursive: true })
  await assert.rejects(registry.addToken(newToken('admin').record), StoreUnavailableError)
  await registry.spokeSeen(spoke(1))
  await registry.close()
  assert.match(lines.join(''), /\[WARN\] The list of spokes could not be written/)
})
