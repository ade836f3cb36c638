// A node goes out of range of the city, though it still hears it: it must not eat the air of all others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { airDeadlineMs, pushed, startRadioCity, textsHeardBy } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

test('a node that acknowledges nothing is tried three times and left alone until it is heard; others get everything meanwhile', async () => {
  await using city = await startRadioCity({ conf: { radio: { push_hold_seconds: 6 } } })
  const [ana, ben] = [await city.member('Ana'), await city.member('Ben')]
  ana.isMute = true
  await city.edge.post('first')
  await waitFor(() => ana.pushes.length === 3, { what: 'three tries', deadlineMs: airDeadlineMs })
  assert.deepEqual(textsHeardBy(ben), ['tester: first'])
  // Ana's fourth try would be due before the first of these, and in her turn before the second.
  await city.edge.post('second')
  await city.edge.post('third')
  await pushed(ben, 3)
  const all = ['first', 'second', 'third'].map(text => `tester: ${text}`)
  assert.deepEqual(textsHeardBy(ben), all)
  assert.deepEqual(ana.texts, Array(3).fill('tester: first'))
  assert.equal(new Set(ana.pushes.map(({ attempt }) => attempt)).size, 3, 'no two tries are the same packet')

  ana.isMute = false
  assert.ok((await ana.post('back again')).isAcked)
  await pushed(ana, 3)
  assert.deepEqual(textsHeardBy(ana), all)
})
