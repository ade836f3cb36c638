// A back-up has all the secrets of a hub: nobody else gets at it, also where everybody may write, and while it is made.
import assert from 'node:assert/strict'
import { lstatSync, watch } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog } from '#common/log.ts'
import { backUp } from '#hub/commands/backup-command.ts'
import { openEmbeddedStore } from '#hub/store/embedded-store.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('links that lie where it writes are not followed, and it is private from its first byte', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'backup-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const [data, place, victim] = [join(dir, 'data'), join(dir, 'place'), join(dir, 'victim')]
  await mkdir(place)
  const log = createLog({ json: false, level: 'silent' })
  const store = await openEmbeddedStore({ dir: data, retentionDays: () => 30, log })
  t.after(() => store.close())
  await writeFile(victim, 'of somebody else')
  for (const name of ['hub.tar.partial', 'hub.tar.partial.tar']) await symlink(victim, join(place, name))
  const modes = new Set<number>()
  const watcher = watch(place, (_event, name) => {
    const found = lstatSync(join(place, name ?? ''), { throwIfNoEntry: false })
    if (found !== undefined && !found.isSymbolicLink()) modes.add(found.mode & 0o077)
  })
  t.after(() => watcher.close())
  const conf = { dataDir: data, redis: undefined, identityPath: undefined, file: 'hub.conf' }
  assert.equal(await backUp(conf as Parameters<typeof backUp>[0], join(place, 'hub.tar'), () => {}), 0)
  await waitFor(() => modes.size > 0, { what: 'the watch to see it' })
  assert.equal(await readFile(victim, 'utf8'), 'of somebody else')
  assert.deepEqual([...modes], [0])
  assert.ok((await readdir(place)).includes('hub.tar'))
})

test('a place that is not there is named', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'backup-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const conf = { dataDir: dir, redis: undefined, identityPath: undefined, file: 'hub.conf' }
  await assert.rejects(
    backUp(conf as Parameters<typeof backUp>[0], join(dir, 'no/hub.tar'), () => {}),
    {
      message: `nothing can be written in ${join(dir, 'no')}: it does not exist`,
    },
  )
})
