// Radios without a clock wake up in 2024, and some are ahead of their time: people post all the same.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { pushed, startRadioCity, textsHeardBy } from '#test/support/radio-city.ts'

/** What the firmware's clock says after a start without a clock: 15 May 2024. */
const awakeAt = Date.UTC(2024, 4, 15, 8, 50) / 1000
const sinceThen = awakeAt - Math.floor(Date.now() / 1000)
const hour = 3600

suite('nodes whose clocks are wrong', { concurrency: true }, () => {
  for (const [name, aheadSeconds] of [
    ['in 2024', sinceThen],
    ['an hour ahead', hour],
  ] as const)
    test(`${name}: it logs in, posts, and is pushed what is new; its time is nobody else's`, async () => {
      await using city = await startRadioCity()
      const odd = await city.member('Odd', { aheadSeconds })
      const ben = await city.member('Ben')
      const before = Date.now()
      assert.ok((await odd.post('what time is it?')).isAcked)
      assert.ok((await odd.post('anybody?')).isAcked)
      assert.ok((await ben.post('late')).isAcked)
      await Promise.all([pushed(ben, 2), pushed(odd, 1)])
      assert.deepEqual(textsHeardBy(ben), ['what time is it?', 'anybody?'])
      assert.deepEqual(textsHeardBy(odd), ['late'])
      for (const { at } of await city.edge.posts()) assert.ok(at >= before && at <= Date.now())
      for (const { second } of ben.pushes)
        assert.ok(second > before / 1000 - 60 && second < Date.now() / 1000 + 60, `${second}`)
    })

  test('an hour ahead, until its clock is set: it logs in and posts again', async () => {
    await using city = await startRadioCity()
    const odd = await city.member('Odd', { aheadSeconds: hour })
    assert.ok((await odd.post('from the future')).isAcked)
    odd.isOff = true
    const set = await city.member('Odd, set', { identity: odd.identity })
    assert.ok((await set.post('now')).isAcked)
    const texts = (await city.edge.posts()).map(({ author, text }) => [author.key, text])
    assert.deepEqual(texts, [
      [odd.key, 'from the future'],
      [odd.key, 'now'],
    ])
  })
})
