// A room moves from a stock room server to an edge: members keep their contact, for the key moves with it.
import assert from 'node:assert/strict'
import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newIdentity } from '#edge/radio/crypto.ts'
import { Island } from '#infra/island/island.ts'
import { runToEnd } from '#test/support/program.ts'
import { startEdge } from '#test/support/programs.ts'
import { roomKey } from '#test/support/room-key.ts'

test("room identity imported: a node whose contact has the old room's key logs in and posts", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-identity-'))
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  const conf = { room: { guest_password: 'hello' }, radio: island.conf }
  await using city = await startEdge({ conf })
  await city.waitForLine(/Radio at .* is ready/)
  const own = await roomKey(city)
  const old = newIdentity()
  const ana = island.node('Ana', { room: old.publicKey })

  const copied = join(folder.path, 'console.txt')
  const digits = Buffer.from(old.privateKey).toString('hex').toUpperCase()
  await writeFile(copied, `get prv.key\r\n  -> > ${digits}\r\n`)
  const config = ['--config', join(city.dir, 'program.conf')]
  const { code, out, err } = await runToEnd('edge/main.ts', ['import-identity', copied, ...config])
  assert.equal(code, 0, err)
  assert.ok(out.includes(Buffer.from(old.publicKey).toString('hex')))
  assert.match(out, /The room server runs with the old key: restart it now\.\n$/)
  assert.equal((await stat(join(city.dir, 'data', 'room-frontrange.key'))).mode & 0o777, 0o600)
  assert.equal(await ana.login('hello', { tries: 1 }), undefined)

  await city.restart()
  assert.ok(await ana.login('hello'))
  assert.ok((await ana.post('still here')).isAcked)
  assert.deepEqual(
    (await city.posts()).map(({ text }) => text),
    ['still here'],
  )
  const shown = await runToEnd('edge/main.ts', ['identity', ...config])
  assert.ok(shown.out.includes(Buffer.from(old.publicKey).toString('hex')))
  assert.ok(!shown.out.includes(Buffer.from(own).toString('hex')))
})
