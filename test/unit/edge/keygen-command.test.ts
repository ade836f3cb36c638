// `meshcore-room keygen` on a Raspberry Pi that woke up in 1970: its certificate would have ended long ago.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keygenCommand } from '#edge/commands/keygen-command.ts'

test('no certificate is made by a clock that is surely wrong', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: 86_400_000 })
  const folder = join(tmpdir(), 'mcfed-keygen-1970')
  const print = () => assert.fail('something was made')
  await assert.rejects(
    keygenCommand({ words: ['--dir', folder], print }),
    /clock of this machine says 1970-01-02.*set it/,
  )
  assert.ok(!existsSync(folder))
})
