// A hiker comes back: 500 posts were written while the node was off. It gets those that are newer than what it has.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payloadType } from '#edge/radio/packet.ts'
import type { ApiPost } from '#test/support/api-client.ts'
import { guestPassword, heardBy, pushed, startRadioCity, textsHeardBy } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

const missed = 500
const isSoak = process.env.SOAK === '1'
/** It has all but these; with SOAK=1 it has nothing at all, and is pushed posts for a quarter of an hour. */
const newer = isSoak ? missed : 20
const deadlineMs = isSoak ? 1_800_000 : 60_000

/** The room's second of each post: its own, later than its forerunner's (DESIGN: stamped on arrival, unique, increasing). */
function secondsOf(posts: readonly ApiPost[]): number[] {
  let last = 0
  return posts.map(({ at, receivedAt }) => {
    last = Math.max(last + 1, Math.floor(Math.min(at, receivedAt) / 1000))
    return last
  })
}

test('a node that was off for 500 posts logs in and gets what is newer than its sync_since, in order, and only that', async () => {
  await using city = await startRadioCity()
  const { edge } = city
  const ana = await city.member('Ana')
  assert.ok((await ana.post('before the hike')).isAcked)
  ana.isOff = true
  for (let n = 1; n <= missed; n += 1) await edge.post(`post ${n}`)
  const seconds = secondsOf(await edge.posts())
  assert.equal(seconds.length, missed + 1)

  // What the room says to her before it hears of her return is the oldest of the 500: none of it reaches her.
  city.island.air.loses = ({ from, packet }) => from === 'modem' && (packet[0] ?? 0) >> 2 === payloadType.text
  ana.isOff = false
  ana.syncSince = isSoak ? 0 : (seconds[missed - newer] ?? 0)
  assert.ok(await ana.login(guestPassword))
  city.island.air.loses = () => false
  await waitFor(() => heardBy(ana).length >= newer, { what: `${newer} pushes`, deadlineMs })
  const wanted = Array.from({ length: newer }, (_, n) => `tester: post ${missed - newer + n + 1}`)
  assert.deepEqual(textsHeardBy(ana), wanted)
  assert.deepEqual(
    heardBy(ana).map(({ second }) => second),
    seconds.slice(-newer),
  )
  await waitFor(() => ana.keepAlive(), { what: 'the count of what is left', until: count => count === 0 })
  // Behind the last one comes what is new, and nothing before it.
  await edge.post('welcome back')
  await pushed(ana, newer + 1)
  assert.deepEqual(textsHeardBy(ana), [...wanted, 'tester: welcome back'])
})
