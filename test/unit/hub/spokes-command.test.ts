// The spokes command: lists go to standard output, what was done and what is wrong to standard error.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { createLog } from '#common/log.ts'
import { parseSpokesArgs, spokesCommand } from '#hub/commands/spokes-command.ts'
import { FileRegistry } from '#hub/registry/file-registry.ts'
import { Decisions } from '#hub/rights/decisions.ts'
import { FileAudit } from '#hub/rights/file-audit.ts'
import { FileRights } from '#hub/rights/file-rights.ts'
import { commandHeard } from '#test/support/command-heard.ts'

/** Begins with a dash, as one id in 64 does. */
const dashed = Buffer.alloc(32, 0xf8).toString('base64url')
const other = Buffer.alloc(32, 1).toString('base64url')

async function shell(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'spokes-command-'))
  const log = createLog({ json: false, level: 'warn', write: () => {} })
  const registry = await FileRegistry.open({ dir, log })
  t.after(async () => {
    await registry.close()
    await rm(dir, { recursive: true })
  })
  const stores = { registry, rights: await FileRights.open({ dir, log }), audit: new FileAudit(dir) }
  const parts = { ...stores, decisions: new Decisions({ ...stores, log }), enrol: 'approve' as const, who: 'cli:ada' }
  const run = (...words: string[]) => commandHeard(async output => spokesCommand(parseSpokesArgs(words), parts, output))
  const waits = (id: string, name: string) =>
    registry.spokePending({
      ...{ id, name, address: '192.0.2.1:5', software: 's', instance: 'i' },
      ...{ connected: false, lastSeenAt: Date.now() },
    })
  return { run, waits, ...parts }
}

test('one that waits is approved by its id, limited, revoked and forgotten; who did it is kept', async t => {
  const { run, waits, rights } = await shell(t)
  assert.deepEqual(await run(), { code: 0, out: '', err: 'No spoke was ever here.\n' })
  await waits(dashed, 'City A')
  assert.match((await run('list')).out, /^pending {3}0 s ago .*"City A"/)
  assert.match(
    (await run('grant', 'City A', 'main', 'read')).err,
    /in room "main": may read it, not write; so it is .* It is pending: approve lets it in\.\n$/,
  )
  const { code, err } = await run('approve', 'City A')
  assert.deepEqual([code, err.includes(`  ${dashed}  "City A"`)], [1, true])
  assert.match(
    (await run('approve', dashed)).err,
    /^"City A" \(id -Pj4.*\) is let in, by every instance within 5 seconds/,
  )
  assert.match((await run()).out, /^approved .*main: read, others: read,write/)
  // As it stands in the told reason, and as the begin of an id.
  assert.equal((await run('revoke', dashed, '--why', 'floods')).code, 0)
  assert.equal((await run('approve', '--', dashed.slice(0, 8))).code, 0)
  assert.equal((await run('revoke', 'City A', '--why=floods')).code, 0)
  assert.equal((await rights.all())[0]?.why, 'floods')
  assert.match((await run()).out, /revoked because: floods\n$/)
  assert.match((await run('forget', 'City A')).err, /is forgotten/)
  assert.equal((await run('list', '--json')).out, '[]\n')
  const trail = (await run('audit')).out.split('\n').map(line => line.slice(26))
  assert.equal(trail[0], `cli:ada grant "City A" (id ${dashed}) in room "main": may read it, not write`)
  assert.equal(trail[2], `cli:ada revoke "City A" (id ${dashed}): floods`)
  const entries = JSON.parse((await run('audit', '--json')).out) as { action: string; who: string }[]
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['grant', 'approve', 'revoke', 'approve', 'revoke', 'forget'],
  )
})

test('one that was never here is approved by its whole id, and whom a name may mean is asked', async t => {
  const { run, waits } = await shell(t)
  assert.match((await run('approve', other)).err, new RegExp(`^Spoke ${other} is let in`))
  assert.match((await run()).out, new RegExp(`^approved {2}not seen {10}${other}`))
  await waits(dashed, 'City A')
  await waits(Buffer.alloc(32, 2).toString('base64url'), 'City A')
  const { code, err } = await run('approve', 'City A')
  assert.equal(code, 1)
  assert.match(err, /may mean several spokes; say which by its id:\n {2}\S{43} {2}"City A" {2}192\.0\.2\.1:5\n/)
  assert.match(
    (await run('approve', 'nobody')).err,
    /^there is no spoke with the id or name "nobody"; the begin of an id has 8 /,
  )
})

test('words that make no sense are refused with the reason and the usage', async t => {
  const { run } = await shell(t)
  const faults: [string[], RegExp][] = [
    [['approve'], /^say which spoke: its id\n/],
    [['revoke'], /^say which spoke: its id or name\n/],
    [['approve', 'City', 'A'], /^one spoke at a time; a name with spaces needs quotes/],
    [['make', 'x'], /^say list, approve/],
    [['list', 'x'], /^"list" takes no "x"/],
    [['approve', 'x', '--why', 'y'], /^--why belongs to/],
    [['revoke', 'x', '--why'], /^--why must be 1 to 200/],
    [['revoke', 'x', '--why', 'a\nb'], /^--why must be/],
    [['approve', 'x', '--json'], /^--json belongs to/],
    [['approve', '--force', 'x'], /^unknown option "--force"/],
    [['grant', 'x', 'main'], /^say the spoke, the room/],
    [['grant', 'x', 'main', 'admin'], /^say the spoke, the room/],
    [['grant', 'x', 'Main Room', 'read'], /^"Main Room" is no name of a room: it has 1 to 64 of a-z/],
  ]
  for (const [words, fault] of faults) {
    const { code, out, err } = await run(...words)
    assert.deepEqual({ code, out }, { code: 64, out: '' }, words.join(' '))
    assert.match(err, fault)
    assert.match(err, /usage: federation-hub spokes/)
  }
})
