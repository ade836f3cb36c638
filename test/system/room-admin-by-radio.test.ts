// An admin looks after the room from his app, by radio; what he sets holds for everybody, and over a restart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import { answered } from '#test/support/answered.ts'
import { LinesClient } from '#test/support/lines-client.ts'
import { startEdge } from '#test/support/programs.ts'
import { restartOnAir } from '#test/support/restart-on-air.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000

test('passwords, kill switch and blocklist by radio, over a restart', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  const conf = { room: { admin_password: 'master', guest_password: 'hello' }, radio: island.conf }
  await using city = await startEdge({ conf })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(city)
  const [net, eve, ana] = ['Net control', 'Eve', 'Ana'].map(name => island.node(name, { room }))
  assert.ok(net && eve && ana)
  const command = (words: string) => answered(() => net.command(words))
  assert.ok((await net.login('master')) && (await eve.login('hello')))
  assert.equal(await command('get role'), '> room_server')
  assert.equal(await command('set guest.password welcome'), 'OK')
  assert.equal(await command(`block ${eve.key}`), `OK - ${eve.key.slice(0, 8)} blocked`)
  assert.equal(await eve.command('ver'), undefined)
  assert.equal(await command('get acl'), `${net.key.slice(0, 8)}:3`)
  await city.waitForLine(new RegExp(`Room "frontrange" blocks ${eve.key} \\(by node ${net.key.slice(0, 8)}\\)`))
  assert.equal(city.lines.join('\n').includes('welcome'), false)

  await restartOnAir(city, 'SIGKILL')
  assert.equal(await eve.login('welcome', { tries: 1 }), undefined)
  assert.equal(await ana.login('hello', { tries: 1 }), undefined)
  assert.ok(await ana.login('welcome'))
  assert.deepEqual((await city.status()).rooms[0]?.settings, { rf: true, blocked: 1, passwordsSet: ['guest'] })

  await using script = await LinesClient.connect(city.ports.lines, { password: 'welcome' })
  await script.send('by lines')
  await assert.rejects(LinesClient.connect(city.ports.lines, { password: 'hello' }))

  const isOff = async () => {
    assert.equal(await net.command('rf off'), undefined)
    return (await city.status()).rooms[0]?.settings?.rf === false
  }
  await waitFor(isOff, { what: 'the room to be off the air', deadlineMs })
  assert.equal((await ana.post('nobody hears', { tries: 1 })).isAcked, false)
  assert.equal(await command('rf on'), 'OK')
  assert.ok((await ana.post('everybody hears')).isAcked)
  assert.deepEqual(
    (await city.posts()).map(({ text }) => text),
    ['by lines', 'everybody hears'],
  )
})
