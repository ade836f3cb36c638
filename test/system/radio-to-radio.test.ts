// A node in one city posts by radio, and nodes in two cities hear it: real edges with a radio at a serial port, a real hub.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHub } from '#test/support/programs.ts'
import { heardBy, pushed, startRadioCity } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('posts go by radio, hub and radio from node to node, with their authors and in the order of the room', async () => {
  await using hub = await startHub()
  await using cityA = await startRadioCity({ name: 'City A', hubs: [hub] })
  await using cityB = await startRadioCity({ name: 'City B', hubs: [hub] })
  const [ana, ada] = [await cityA.member('Ana'), await cityA.member('Ada')]
  const ben = await cityB.member('Ben')

  assert.ok((await ana.post('Chains on')).isAcked)
  assert.ok((await ana.post('Pass is closed')).isAcked)
  await cityB.edge.waitUntil(async () => (await cityB.edge.posts()).length === 2, { what: 'posts', deadlineMs: 45_000 })
  assert.ok((await ben.post('Thanks')).isAcked)
  await Promise.all([pushed(ben, 2), pushed(ada, 3), pushed(ana, 1)])

  const prefixOf = (key: Uint8Array) => Buffer.from(key.subarray(0, 4)).toString('hex')
  const heard = (node: typeof ana) => heardBy(node).map(({ authorPrefix, text }) => [authorPrefix, text])
  const byAna = ana.key.slice(0, 8)
  // Who is a neighbour is known by his key; of others the room says who they are.
  assert.deepEqual(heard(ada), [
    [byAna, 'Chains on'],
    [byAna, 'Pass is closed'],
    [prefixOf(cityA.room), 'Ben@City B: Thanks'],
  ])
  assert.deepEqual(heard(ben), [
    [prefixOf(cityB.room), 'Ana@City A: Chains on'],
    [prefixOf(cityB.room), 'Ana@City A: Pass is closed'],
  ])
  assert.deepEqual(heard(ana), [[prefixOf(cityA.room), 'Ben@City B: Thanks']])
  for (const { edge } of [cityA, cityB])
    assert.deepEqual(
      (await edge.posts()).map(({ author, source, text }) => [author, source, text]),
      [
        [{ name: 'Ana', key: ana.key }, 'lora', 'Chains on'],
        [{ name: 'Ana', key: ana.key }, 'lora', 'Pass is closed'],
        [{ name: 'Ben', key: ben.key }, 'lora', 'Thanks'],
      ],
    )

  // The first advert comes a while after the start.
  const radio = await waitFor(async () => (await cityA.edge.status()).radio, {
    what: 'an advert on the air',
    until: now => now?.airtime.lastHour.byKind.advert !== undefined,
  })
  const kinds = Object.keys(radio.airtime.lastHour.byKind)
  assert.deepEqual(new Set(kinds), new Set(['ack', 'login', 'push-local', 'push-federated', 'advert']))
  assert.ok(radio.budgetUsed > 0 && radio.budgetUsed < 0.1)
  // What the edge has counted is what was on the air, as soon as what is on the air is over.
  const uncountedMs = async () => {
    const onAirMs = cityA.island.airtimeMs('modem')
    return onAirMs - 1000 * ((await cityA.edge.status()).radio?.airtime.sinceStart.seconds ?? 0)
  }
  await waitFor(uncountedMs, { what: 'all of the air to be counted', until: ms => Math.abs(ms) < 1 })
})
