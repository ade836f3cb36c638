// Five cities without a hub, each linked with each: everything is everywhere once, and one of them may die.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cityNames, crossed, expectAlike, fullMesh, Mesh, postFromAll, waitForAllSent } from '#test/support/mesh.ts'
import { writeBurst } from '#test/support/traffic.ts'

const burst = 200

test('five cities in a full mesh hold the same posts, nothing goes in circles, and one that died comes back to them', async t => {
  await using mesh = await Mesh.start({ graph: fullMesh(cityNames(5)) })
  const { cities, pairs } = mesh
  assert.equal(pairs, 10)
  const written = await Promise.all(cities.map(city => writeBurst(city, `from ${city.name}`, burst)))
  const texts = await expectAlike(cities, written.flat())
  await waitForAllSent(cities)
  const { sent, duplicates } = await crossed(cities)
  t.diagnostic(`${texts.length} posts crossed 10 links ${sent} times, ${duplicates} of them for nothing`)
  assert.ok(sent <= 2 * pairs * texts.length, `${sent} crossings of ${pairs} links by ${texts.length} posts`)

  // Quiet now: one more post crosses each link at most once per direction, and then there is quiet again.
  texts.push((await postFromAll([mesh.city('City 1')], 'one more')).join())
  const more = await expectAlike(cities, texts)
  await waitForAllSent(cities)
  const after = await crossed(cities)
  assert.ok(after.sent - sent <= 2 * 2 * pairs, `${after.sent - sent} crossings by two posts`)

  const victim = mesh.city('City 3')
  await victim.kill()
  const others = cities.filter(city => city !== victim)
  await mesh.linked({ without: [victim.name] })
  const missed = await expectAlike(others, [...more, ...(await postFromAll(others, 'without City 3'))])
  await victim.run()
  await mesh.linked()
  await expectAlike(cities, [...missed, ...(await postFromAll(cities, 'together again'))])
})
