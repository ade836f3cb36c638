// A hub whose store is away waits for it, and leaves in good order when it is told to stop meanwhile.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '#test/support/free-port.ts'
import { Program } from '#test/support/program.ts'
import { testSecret } from '#test/support/programs.ts'

test('told to stop while it waits for Redis, a hub ends with 0', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'mcfed-hub-start-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const config = join(dir, 'hub.conf')
  const text = `listen = "127.0.0.1:0"
data_dir = "data"
redis_url = "redis://127.0.0.1:${await freePort()}"
federation_secret = "${testSecret}"
`
  writeFileSync(config, text, { mode: 0o600 })
  await using hub = new Program({ name: 'hub', script: 'hub/main.ts', args: ['run', '--config', config], env: {} })
  hub.start()
  await hub.waitForLine(/waiting for the store/)
  assert.equal(await hub.stop(), 0)
})
