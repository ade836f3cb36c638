// Two room servers of one federation stand within earshot of each other: nothing goes round in circles.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHub } from '#test/support/programs.ts'
import { pushed, startRadioCity, textsAt, textsHeardBy } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('two edges on one air share a room: every post is stored once at each, and pushed once to each member', async () => {
  await using hub = await startHub()
  await using cityA = await startRadioCity({ name: 'City A', hubs: [hub] })
  const { island } = cityA
  await using cityB = await startRadioCity({ name: 'City B', hubs: [hub], island })
  const [ana, ben] = [await cityA.member('Ana'), await cityB.member('Ben')]
  // One person with both rooms among the contacts of one radio.
  const cleoAtA = await cityA.member('Cleo')
  const cleoAtB = await cityB.member('Cleo at B', { identity: cleoAtA.identity })

  assert.ok((await ana.post('from Ana')).isAcked)
  assert.ok((await ben.post('from Ben')).isAcked)
  assert.ok((await cleoAtA.post('from Cleo')).isAcked)
  const servers = [cityA.edge, cityB.edge]
  for (const edge of servers)
    await waitFor(() => textsAt(edge), { what: 'three posts', until: texts => texts.length === 3 })
  assert.ok((await ben.post('the end')).isAcked)
  await Promise.all([pushed(ana, 3), pushed(ben, 2), pushed(cleoAtA, 3), pushed(cleoAtB, 3)])

  const written = ['from Ana', 'from Ben', 'from Cleo', 'the end']
  for (const edge of servers) assert.deepEqual((await textsAt(edge)).toSorted(), written)
  assert.deepEqual((await hub.posts()).map(({ text }) => text).toSorted(), written)
  // What a neighbour's room has said is told by the room, with the author's name in front.
  const heard = (node: typeof ana) =>
    textsHeardBy(node)
      .map(text => text.replace(/^.*: /, ''))
      .toSorted()
  assert.deepEqual(heard(ana), ['from Ben', 'from Cleo', 'the end'])
  assert.deepEqual(heard(ben), ['from Ana', 'from Cleo'])
  // Cleo is not told what Cleo has said, by neither room.
  assert.deepEqual(heard(cleoAtA), ['from Ana', 'from Ben', 'the end'])
  assert.deepEqual(heard(cleoAtB), ['from Ana', 'from Ben', 'the end'])
})
