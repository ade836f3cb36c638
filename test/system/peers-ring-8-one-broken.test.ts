// Eight cities in a ring, and one cable is dead: posts go the other way round.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cityNames, expectAlike, Mesh, postFromAll, ring, waitForLinksWith } from '#test/support/mesh.ts'

test('a ring of eight with one silent break carries all posts the other way round, and closes again', async t => {
  await using mesh = await Mesh.start({ graph: ring(cityNames(8)) })
  const { cities, world } = mesh
  const before = await expectAlike(cities, await postFromAll(cities, 'whole'))

  world.cut('City 1', 'City 2')
  // At once: links that are dead and do not know it yet must cost nothing but time.
  const startedAt = Date.now()
  const broken = await expectAlike(cities, [...before, ...(await postFromAll(cities, 'broken'))])
  t.diagnostic(`everywhere ${Date.now() - startedAt} ms after the break`)
  await waitForLinksWith(mesh.city('City 1'), ['City 8'])
  await waitForLinksWith(mesh.city('City 2'), ['City 3'])
  const later = await expectAlike(cities, [...broken, ...(await postFromAll(cities, 'still broken'))])

  world.healAll()
  await mesh.linked()
  await expectAlike(cities, [...later, ...(await postFromAll(cities, 'whole again'))])
  for (const city of cities) assert.equal((await city.status()).messages.refused, 0)
})
