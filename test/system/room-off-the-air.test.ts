// The kill switch of a room, by an operator at the command line.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import { runToEnd } from '#test/support/program.ts'
import { startEdge } from '#test/support/programs.ts'
import { restartOnAir } from '#test/support/restart-on-air.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000

test('off the air a room says nothing and takes nothing by radio, also after a restart; then it goes on', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  const conf = { room: { guest_password: 'hello' }, radio: island.conf }
  await using city = await startEdge({ conf })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(city)
  const [ana, ben] = [island.node('Ana', { room }), island.node('Ben', { room })]
  assert.ok(await ana.login('hello'))
  const rf = (...words: string[]) =>
    runToEnd('edge/main.ts', ['rf', ...words, '--config', join(city.dir, 'program.conf')])
  const said = () => island.sent.filter(({ who }) => who === 'modem').length

  const { code, out } = await rf('off')
  assert.deepEqual([code, out], [0, 'room "frontrange" is off the air\n'])
  await city.waitForLine(/Room "frontrange" is off the air \(by this machine\)/)
  const before = said()
  await city.post('from the desk', { author: 'Net control' })
  assert.equal((await ana.post('into the void', { tries: 1 })).isAcked, false)
  await restartOnAir(city, 'SIGKILL')
  assert.equal(await ben.login('hello', { tries: 1 }), undefined)
  assert.equal(said(), before)
  assert.deepEqual((await city.status()).rooms[0]?.settings, { rf: false, blocked: 0, passwordsSet: [] })
  assert.equal((await rf()).out, 'room "frontrange" is off the air\n')

  assert.equal((await rf('on')).out, 'room "frontrange" is on the air\n')
  assert.ok((await ana.post('heard again')).isAcked)
  await waitFor(() => ana.texts.includes('Net control: from the desk'), { what: 'the push', deadlineMs })
  assert.ok(await ben.login('hello'))
  assert.deepEqual(
    (await city.posts()).map(({ text }) => text),
    ['from the desk', 'heard again'],
  )

  await city.stop()
  const stopped = await rf('off')
  assert.equal(stopped.code, 1)
  assert.match(stopped.err, /the room server does not answer at .*: is it running\?/)
  assert.equal((await rf('maybe')).code, 64)
})
