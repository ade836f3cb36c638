// Rights and audit trail in files: the contract, and what is special to files.
import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { createLog } from '#common/log.ts'
import { FileAudit } from '#hub/rights/file-audit.ts'
import { FileRights } from '#hub/rights/file-rights.ts'
import { type Decision, decided } from '#hub/rights/rights.ts'
import { approve, rightsContract, spokeId } from './rights-contract.ts'

async function open(t: TestContext, lines: string[] = []) {
  const dir = await mkdtemp(join(tmpdir(), 'file-rights-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const log = createLog({ json: false, write: line => lines.push(line) })
  return { dir, view: async () => ({ rights: await FileRights.open({ dir, log }), audit: new FileAudit(dir) }) }
}

rightsContract('files', async t => (await open(t)).view)

test('files: who cannot be read is refused until somebody decides again, and nobody else may read them', async t => {
  const lines: string[] = []
  const { dir, view } = await open(t, lines)
  const { rights, audit } = await view()
  await rights.update(spokeId(1), approve(1))
  await audit.add({ at: 1, who: 'cli:ada', action: 'approve' })
  const file = `${Buffer.from(spokeId(1), 'base64url').toString('hex')}.json`
  const files = await readdir(dir, { recursive: true })
  assert.deepEqual(files.toSorted(), ['audit.ndjson', 'rights', `rights/${file}`, 'rights/version'])
  for (const name of files) assert.equal((await stat(join(dir, name))).mode & 0o077, 0, name)
  await writeFile(join(dir, 'rights', file), '{"id":')
  const [damaged] = await rights.all()
  assert.deepEqual([damaged?.id, damaged?.state], [spokeId(1), 'revoked'])
  assert.match(lines.join(''), /\[WARN\] A file with the rights of a spoke is damaged/)
  assert.equal((await rights.update(spokeId(1), approve(1))).state, 'approved')
})

test('files: of two decisions at once about one spoke none undoes the other', async t => {
  const { view } = await open(t)
  const { rights } = await view()
  await rights.update(spokeId(1), approve(1))
  const decide = (decision: Decision) =>
    rights.update(spokeId(1), before => decided(before, decision, { id: spokeId(1), name: 'City 1', now: 5 }))
  const right = { read: true, write: false }
  await Promise.all([decide({ action: 'revoke' }), decide({ action: 'grant', room: 'main', right })])
  const [record] = await rights.all()
  assert.deepEqual([record?.state, record?.rooms], ['revoked', { main: right }])
})

test('files: the audit trail does not grow without end', async t => {
  const { dir, view } = await open(t)
  const { audit } = await view()
  await writeFile(
    join(dir, 'audit.ndjson'),
    `${JSON.stringify({ at: 1, who: 'x', action: 'forget' })}\n`.repeat(30_000),
  )
  await audit.add({ at: 2, who: 'cli:ada', action: 'approve' })
  assert.deepEqual(
    (await audit.newest(2)).map(({ at }) => at),
    [1, 2],
  )
  assert.ok((await stat(join(dir, 'audit.ndjson'))).size < 1000)
})

test('files: of many decisions at once none is lost where the audit trail begins a new file', async t => {
  const { dir, view } = await open(t)
  const { audit } = await view()
  const old = JSON.stringify({ at: 1, who: 'x'.repeat(1000), action: 'forget' })
  await writeFile(join(dir, 'audit.ndjson'), `${old}\n`.repeat(1100))
  await Promise.all([2, 3, 4].map(at => audit.add({ at, who: 'cli:ada', action: 'approve' })))
  const ats = (await audit.newest(10_000)).map(({ at }) => at)
  assert.deepEqual([ats.length, ats.slice(-3)], [1103, [2, 3, 4]])
})

test('files: a line of the audit trail that a full disk has cut off spoils no other', async t => {
  const { dir, view } = await open(t)
  const { audit } = await view()
  await audit.add({ at: 1, who: 'cli:ada', action: 'approve' })
  await appendFile(join(dir, 'audit.ndjson'), '{"at":2,"who":"cl')
  await audit.add({ at: 3, who: 'cli:ada', action: 'revoke' })
  assert.deepEqual(
    (await audit.newest(10)).map(({ at }) => at),
    [1, 3],
  )
})
