// The token command: the token alone goes to standard output, everything for people to standard error.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { parseTokenArgs, tokenCommand } from '#hub/commands/token-command.ts'
import { FileRegistry } from '#hub/registry/file-registry.ts'
import { FileAudit } from '#hub/rights/file-audit.ts'
import { commandHeard } from '#test/support/command-heard.ts'

async function shell(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'token-command-'))
  t.after(() => rm(dir, { recursive: true }))
  const registry = await FileRegistry.open({ dir, log: createLog({ json: false }) })
  const audit = new FileAudit(dir)
  const parts = { registry, audit, who: 'cli:ada' }
  const run = (...words: string[]) => commandHeard(async output => tokenCommand(parseTokenArgs(words), parts, output))
  return { registry, audit, run }
}

test('create prints a token that works, once and alone', async t => {
  const { registry, run } = await shell(t)
  const { code, out, err } = await run('create', '--role', 'operator', '--name', 'phone')
  assert.equal(code, 0)
  assert.match(out, /^mcf_[A-Za-z0-9_-]{43}\n$/)
  assert.match(err, /^Token "phone" \(id [0-9a-f]{8}, operator\) is shown this once/)
  assert.equal((await registry.findToken(out.trim()))?.role, 'operator')
  const list = await run('list')
  assert.match(list.out, /^[0-9a-f]{8} {2}operator {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}phone\n$/)
})

test('revoke ends a token by name or id, and says when there is none', async t => {
  const { registry, run } = await shell(t)
  const { out } = await run('create', '--role=viewer', '--name=a')
  await run('create', '--role=admin')
  assert.match(
    (await run('revoke', 'a')).err,
    /^Token "a" \(id [0-9a-f]{8}\) is refused everywhere within 5 seconds\.\n$/,
  )
  assert.equal(await registry.findToken(out.trim()), undefined)
  assert.equal((await run('revoke', (await registry.tokens())[0]?.id ?? '')).code, 0)
  assert.deepEqual(await run('revoke', 'a'), {
    code: 1,
    out: '',
    err: 'There is no token with the name or id "a".\n',
  })
  assert.deepEqual(await run('list'), { code: 0, out: '', err: 'There are no tokens.\n' })
})

test('a taken name is refused and creates nothing', async t => {
  const { registry, audit, run } = await shell(t)
  await run('create', '--role', 'viewer', '--name', 'a')
  const { code, out, err } = await run('create', '--role', 'admin', '--name', 'a')
  assert.match((await audit.newest(1))[0]?.detail ?? '', /^was not done: there is a token named "a" already/)
  assert.deepEqual({ code, out }, { code: 1, out: '' })
  assert.match(err, /there is a token named "a" already/)
  assert.equal((await registry.tokens()).length, 1)
})

test('nothing is done that is not in the audit trail', async t => {
  const { registry, audit, run } = await shell(t)
  await run('create', '--role', 'viewer', '--name', 'a')
  audit.add = async () => {
    throw new StoreUnavailableError('away')
  }
  await assert.rejects(run('create', '--role', 'admin', '--name', 'b'), StoreUnavailableError)
  await assert.rejects(run('revoke', 'a'), StoreUnavailableError)
  assert.deepEqual(
    (await registry.tokens()).map(({ name }) => name),
    ['a'],
  )
})

test('words that make no sense are refused with the reason and the usage', async t => {
  const { run } = await shell(t)
  const faults: [string[], RegExp][] = [
    [[], /^say create, list or revoke\n/],
    [['make'], /^say create, list or revoke\n/],
    [['create'], /^--role must be viewer, operator or admin\n/],
    [['create', '--role', 'root'], /^--role must be/],
    [['create', 'x', '--role', 'admin'], /^--role and --name belong to "token create"|^say create/],
    [['create', '--role', 'admin', '--name', '0123abcd'], /^--name must not look like a token id/],
    [['create', '--role', 'admin', '--nam', 'x'], /--nam/],
    [['list', 'x'], /^say create/],
    [['list', '--role', 'admin'], /^--role and --name belong to "token create"\n/],
    [['revoke'], /^say which token/],
    [['revoke', 'a', 'b'], /^say which token/],
  ]
  for (const [words, fault] of faults) {
    const { code, out, err } = await run(...words)
    assert.deepEqual({ code, out }, { code: 64, out: '' }, words.join(' '))
    assert.match(err, fault)
    assert.match(err, /usage: federation-hub token create --role/)
  }
})
