// Logins by radio: who guesses passwords, and who has logged in before the edge was restarted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payloadType } from '#edge/radio/packet.ts'
import { requestType } from '#edge/radio/requests.ts'
import { answered } from '#test/support/answered.ts'
import { startRadioCity } from '#test/support/radio-city.ts'
import { restartOnAir } from '#test/support/restart-on-air.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000
/** As many wrong tries strangers have together before they are slowed down. */
const freeGuesses = 10
/** One more is looked at every so often. */
const refillMs = 30_000

test('login refused in silence on a wrong password, and guessing is slowed', async () => {
  await using city = await startRadioCity()
  const { island, room, edge } = city
  const ana = island.node('Ana', { room })
  assert.ok(await ana.login('hello'))
  const said = () =>
    island.sent.filter(({ who, packet }) => who === 'modem' && packet?.type !== payloadType.advert).length
  const before = said()
  const refusals = () => edge.lines.filter(line => line.includes('refused: wrong password')).length

  // Keys cost nothing: each guess comes from another one. One that is not heard, as it may collide, is made again.
  const guesses: Promise<unknown>[] = []
  const startedAt = performance.now()
  const looked = () => freeGuesses + Math.floor((performance.now() - startedAt) / refillMs)
  let made = 0
  for (; made < looked(); made += 1) {
    const i = made
    const isHeard = () => refusals() > i
    const guess = () => {
      guesses.push(island.node(`Eve ${guesses.length}`, { room }).login(`guess ${i}`, { tries: 1 }))
      return waitFor(isHeard, { what: 'its line', deadlineMs: 2000 }).catch(() => false)
    }
    await waitFor(guess, { what: `guess ${i} in the log`, deadlineMs })
  }
  // Before the next one is looked at.
  const lucky = island.node('Eve with luck', { room })
  assert.equal(await lucky.login('hello', { tries: 1 }), undefined)
  assert.equal(said(), before)

  // Members are not in the way of the guesses of strangers.
  assert.ok(await ana.login('hello'))
  assert.ok((await ana.post('still here')).isAcked)
  assert.equal(refusals(), made)
  for (const welcome of await Promise.all(guesses)) assert.equal(welcome, undefined)
  assert.deepEqual(lucky.welcomes, [])
})

test('edge restarted: clients need not log in again', async () => {
  await using city = await startRadioCity()
  const { island, room, edge } = city
  const [ana, admin] = [island.node('Ana', { room, hops: 1 }), island.node('Admin', { room })]
  assert.ok((await ana.login('hello')) && (await admin.login('master')))
  assert.ok((await ana.post('before')).isAcked)
  await waitFor(() => admin.texts.length === 1, { what: 'the push', deadlineMs })
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await restartOnAir(edge, signal)
    assert.ok((await ana.post(`after ${signal}`)).isAcked)
    assert.match(await answered(() => admin.command('ver')), /^meshcore-room/)
    await answered(() => ana.request(requestType.status))
  }
  await waitFor(() => new Set(admin.texts).size === 3, { what: 'the pushes after the restarts', deadlineMs })
  assert.deepEqual([ana.welcomes.length, admin.welcomes.length], [1, 1])
})
