// A node is so far away that repeaters carry what it says: the way is learnt, and then used without floods.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hopCount, isFlood, payloadType } from '#edge/radio/packet.ts'
import { pushed, type RadioCity, startRadioCity, textsHeardBy } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** Over how many repeaters the edge has sent each packet of that kind: undefined for a flood. */
function hopsOf({ island }: RadioCity, type: number): (number | undefined)[] {
  return island.sent.flatMap(({ who, packet }) =>
    who === 'modem' && packet?.type === type ? [isFlood(packet) ? undefined : hopCount(packet.path)] : [],
  )
}

suite('a node behind repeaters', { concurrency: true }, () => {
  for (const [hops, hashBytes] of [
    [1, 1],
    [2, 1],
    [2, 3],
  ] as const)
    test(`${hops} of them, path hashes of ${hashBytes}: logs in, posts and is pushed posts`, async () => {
      await using city = await startRadioCity()
      const far = await city.member('Far', { hops, hashBytes })
      const near = await city.member('Near')
      assert.equal(far.path && hopCount(far.path), hops, 'the node knows the way')
      assert.ok((await far.post('snow up here')).isAcked)
      assert.ok((await near.post('rain down here')).isAcked)
      assert.ok((await near.post('still rain')).isAcked)
      await Promise.all([pushed(near, 1), pushed(far, 2)])
      assert.deepEqual(textsHeardBy(near), ['snow up here'])
      assert.deepEqual(textsHeardBy(far), ['rain down here', 'still rain'])
      // Its ACKs have come back, too: nothing is left.
      await waitFor(() => far.keepAlive(), { what: 'its count', deadlineMs: 20_000, until: count => count === 0 })
      assert.ok(hopsOf(city, payloadType.text).includes(hops), 'a post is pushed by the way that was learnt')
      assert.equal(hopsOf(city, payloadType.ack).at(-1), hops)
      assert.deepEqual(await authors(city), [far.key, near.key, near.key])
    })
})

async function authors({ edge }: RadioCity): Promise<(string | undefined)[]> {
  return (await edge.posts()).map(({ author }) => author.key)
}
