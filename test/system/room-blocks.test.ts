// Somebody is blocked in a room: a node of the island, and an author of another city.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import { runToEnd } from '#test/support/program.ts'
import { type EdgeProgram, startEdge, startHub } from '#test/support/programs.ts'
import { restartOnAir } from '#test/support/restart-on-air.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000

async function command({ dir }: EdgeProgram, ...words: string[]): Promise<string> {
  const { code, out, err } = await runToEnd('edge/main.ts', [...words, '--config', join(dir, 'program.conf')])
  assert.equal(code, 0, err)
  return out
}

test('a blocked node is out at once, and met with silence until it is unblocked', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  await using city = await startEdge({ conf: { room: { guest_password: 'hello' }, radio: island.conf } })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(city)
  const [eve, ana] = [island.node('Eve', { room }), island.node('Ana', { room })]
  assert.ok((await eve.login('hello')) && (await ana.login('hello')))
  const entry = eve.key.slice(0, 16)
  assert.equal(await command(city, 'block', entry.toUpperCase()), `blocked in room "frontrange":\n  ${entry}\n`)
  assert.equal((await eve.post('again and again', { tries: 1 })).isAcked, false)
  const posting = city.post('as Eve', { author: { name: 'Eve', key: eve.key } })
  await assert.rejects(posting, /403|blocked/)
  await restartOnAir(city)
  assert.equal(await eve.login('hello', { tries: 1 }), undefined)
  assert.ok((await ana.post('peace')).isAcked)
  assert.equal((await city.status()).rooms[0]?.settings?.blocked, 1)
  assert.match(await command(city, 'status'), /room {3}frontrange: 1 posts, newest is 1, 1 blocked\n/)

  assert.equal(await command(city, 'unblock', entry), 'nobody is blocked in room "frontrange"\n')
  assert.ok(await eve.login('hello'))
  await waitFor(() => eve.texts.includes('peace'), { what: 'the push to Eve', deadlineMs })
  assert.deepEqual(
    (await city.posts()).map(({ text }) => text),
    ['peace'],
  )
})

test('posts of a blocked author of another city are stored as everywhere, and not on the air', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  await using hub = await startHub()
  await using cityA = await startEdge({ name: 'City A', hubs: [hub] })
  const conf = { room: { guest_password: 'hello' }, radio: island.conf }
  await using cityB = await startEdge({ name: 'City B', hubs: [hub], conf })
  await cityB.waitForLine(/Radio at .* is ready/, deadlineMs)
  const ben = island.node('Ben', { room: await roomKey(cityB) })
  assert.ok(await ben.login('hello'))
  await command(cityB, 'block', 'name:Bad', 'Bot')
  assert.equal(await command(cityB, 'blocked'), 'blocked in room "frontrange":\n  name:bad bot\n')
  await cityA.post('buy this', { author: 'Bad Bot' })
  await cityA.post('hello', { author: 'Ana' })
  await waitFor(() => ben.texts.length > 0, { what: 'the push behind it', deadlineMs })
  assert.deepEqual(ben.texts, ['Ana@City A: hello'])
  assert.deepEqual(
    (await cityB.posts()).map(({ text }) => text),
    ['buy this', 'hello'],
  )
})
