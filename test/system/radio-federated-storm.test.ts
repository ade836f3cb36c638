// Another city writes thousands of posts: the island's air is not flooded, and its people are heard all the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEdge, startHub } from '#test/support/programs.ts'
import { airDeadlineMs, pushed, startRadioCity, textsHeardBy } from '#test/support/radio-city.ts'
import { writeBurst } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'

const storm = 2000
/** 25 s an hour: a storm can use it up within the test. */
const dutyCycle = 0.7

test('a storm of 2,000 posts of another city: the air stays within its duty cycle; logins, ACKs and local posts get through', async () => {
  await using hub = await startHub()
  await using cityA = await startEdge({
    name: 'City A',
    hubs: [hub],
    conf: { room: { author_posts_per_minute: 0 }, federation: { reconnect_max_seconds: 1 } },
  })
  await using cityB = await startRadioCity({
    name: 'City B',
    hubs: [hub],
    conf: { radio: { duty_cycle: dutyCycle, push_interval_ms: 100 } },
  })
  const { edge, island } = cityB
  const [ana, ben] = [await cityB.member('Ana'), await cityB.member('Ben')]

  await writeBurst(cityA, 'storm', storm)
  await edge.waitUntil(async () => (await edge.posts()).length === storm, {
    what: 'the storm',
    deadlineMs: airDeadlineMs,
  })
  await pushed(ben, 3)
  const others = ben.pushes.length
  assert.ok((await ana.post('the river rises')).isAcked)
  await waitFor(() => ben.texts.includes('the river rises'), { what: 'a local post', deadlineMs: airDeadlineMs })
  // The storm goes on until there is no more air for it; some is left for the people here.
  assert.ok(ben.pushes.length > others)
  const usedUp = async () => ((await edge.status()).radio?.budgetUsed ?? 0) > 0.73
  await waitFor(usedUp, { what: 'the air to be used up', deadlineMs: airDeadlineMs })
  assert.ok((await ben.post('all well here')).isAcked)
  await waitFor(() => ana.texts.includes('all well here'), { what: 'another local post', deadlineMs: airDeadlineMs })
  const cleo = await cityB.member('Cleo')
  assert.ok((await cleo.post('here, too')).isAcked)

  const heard = textsHeardBy(ben)
  assert.equal(new Set(heard).size, heard.length, 'nobody is told anything twice')
  const budgetMs = 3_600_000 * (dutyCycle / 100)
  assert.ok(island.airtimeMs('modem') <= budgetMs, `${island.airtimeMs('modem')} ms on the air`)
  const { radio } = await edge.status()
  assert.ok((radio?.budgetUsed ?? 1) < 1)
})
