// Somebody posts too much by radio: there is silence instead of an ACK, and later the post is taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Island } from '#infra/island/island.ts'
import { startEdge } from '#test/support/programs.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** One more every 20 s: so long the first of them may take. */
const perMinute = 3
const deadlineMs = 90_000

test('a post beyond the limit of its author is not acknowledged, and said again later it is stored once', async () => {
  await using island = await Island.start({ speed: 20 })
  await island.modem({ tcp: true })
  const conf = { room: { guest_password: 'hello', author_posts_per_minute: perMinute }, radio: island.conf }
  await using city = await startEdge({ conf })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const room = await roomKey(city)
  const [ana, ben] = [island.node('Ana', { room }), island.node('Ben', { room })]
  assert.ok((await ana.login('hello')) && (await ben.login('hello')))
  const texts = async () => (await city.posts()).map(({ text }) => text)
  const all = []
  for (let i = 1; i <= perMinute; i += 1) {
    all.push(`post ${i}`)
    assert.ok((await ana.post(`post ${i}`)).isAcked)
  }
  assert.equal((await ana.post('one too many', { tries: 1 })).isAcked, false)
  assert.ok((await ben.post('of another')).isAcked)
  assert.deepEqual(await texts(), [...all, 'of another'])
  const isTaken = async () => (await ana.post('one too many', { tries: 1 })).isAcked
  await waitFor(isTaken, { what: 'the post to be taken', deadlineMs })
  assert.deepEqual(await texts(), [...all, 'of another', 'one too many'])
})
