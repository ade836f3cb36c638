// People type fast, and at the same time: posts that the firmware takes for retries of one another are kept apart.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { guestPassword, heardBy, pushed, startRadioCity, textsAt, textsHeardBy } from '#test/support/radio-city.ts'

/** Later than what the nodes have said before. */
const aSecond = () => Math.floor(Date.now() / 1000) + 10

suite('posts that bear the same second', { concurrency: true }, () => {
  test('of one node, with other words: each is acknowledged, stored and pushed once, its retry too', async () => {
    await using city = await startRadioCity()
    const [ana, ben] = [await city.member('Ana'), await city.member('Ben')]
    const timestamp = aSecond()
    for (const words of ['one', 'two', 'three', 'one'])
      assert.ok((await ana.post(words, { timestamp })).isAcked, `"${words}" was not acknowledged`)
    assert.deepEqual(await textsAt(city.edge), ['one', 'two', 'three'])
    assert.ok((await ana.post('the end', { timestamp: timestamp + 1 })).isAcked)
    await pushed(ben, 4)
    assert.deepEqual(textsHeardBy(ben), ['one', 'two', 'three', 'the end'])
  })

  test('of two nodes, even with the same words: both are acknowledged, stored and pushed once', async () => {
    await using city = await startRadioCity()
    const [ana, ben, cleo] = [await city.member('Ana'), await city.member('Ben'), await city.member('Cleo')]
    const timestamp = aSecond()
    for (const node of [ana, ben]) assert.ok((await node.post('here', { timestamp })).isAcked)
    assert.ok((await ana.post('the end', { timestamp: timestamp + 1 })).isAcked)
    await pushed(cleo, 3)
    const authors = (await city.edge.posts()).map(({ author, text }) => `${author.name}: ${text}`)
    assert.deepEqual(authors.toSorted(), ['Ana: here', 'Ana: the end', 'Ben: here'])
    const heard = heardBy(cleo).map(({ authorPrefix, text }) => `${authorPrefix}: ${text}`)
    const [byAna, byBen] = [ana.key.slice(0, 8), ben.key.slice(0, 8)]
    assert.deepEqual(heard.toSorted(), [`${byAna}: here`, `${byAna}: the end`, `${byBen}: here`].toSorted())
  })

  test('as its login: the post is acknowledged and stored', async () => {
    await using city = await startRadioCity()
    const ana = city.island.node('Ana', { room: city.room })
    assert.ok(await ana.login(guestPassword))
    assert.ok((await ana.post('hello all', { timestamp: Math.floor(Date.now() / 1000) })).isAcked)
    assert.deepEqual(await textsAt(city.edge), ['hello all'])
  })
})
