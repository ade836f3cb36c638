// A room moves from a stock room server to an edge: members keep their contact, for the key moves with it.
import assert from 'node:assert/strict'
import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newIdentity } from '#edge/radio/crypto.ts'
import { runToEnd } from '#test/support/program.ts'
import { startRadioCity } from '#test/support/radio-city.ts'
import { restartOnAir } from '#test/support/restart-on-air.ts'

test("room identity imported: a node whose contact has the old room's key logs in and posts", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-identity-'))
  await using city = await startRadioCity()
  const { island, edge, room: own } = city
  const old = newIdentity()
  const ana = island.node('Ana', { room: old.publicKey })

  const copied = join(folder.path, 'console.txt')
  const digits = Buffer.from(old.privateKey).toString('hex').toUpperCase()
  await writeFile(copied, `get prv.key\r\n  -> > ${digits}\r\n`)
  const config = ['--config', join(edge.dir, 'program.conf')]
  const { code, out, err } = await runToEnd('edge/main.ts', ['import-identity', copied, ...config])
  assert.equal(code, 0, err)
  assert.ok(out.includes(Buffer.from(old.publicKey).toString('hex')))
  assert.match(out, /The room server runs with the old key: restart it now\.\n$/)
  assert.equal((await stat(join(edge.dir, 'data', 'room-frontrange.key'))).mode & 0o777, 0o600)
  assert.equal(await ana.login('hello', { tries: 1 }), undefined)

  await restartOnAir(edge)
  assert.ok(await ana.login('hello'))
  assert.ok((await ana.post('still here')).isAcked)
  assert.deepEqual(
    (await edge.posts()).map(({ text }) => text),
    ['still here'],
  )
  const shown = await runToEnd('edge/main.ts', ['identity', ...config])
  assert.ok(shown.out.includes(Buffer.from(old.publicKey).toString('hex')))
  assert.ok(!shown.out.includes(Buffer.from(own).toString('hex')))
})
