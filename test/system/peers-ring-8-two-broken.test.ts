// Eight cities in a ring, and two cables are dead: two groups that talk on by themselves, until one cable is mended.
import { test } from 'node:test'
import { cityNames, expectAlike, Mesh, postFromAll, ring } from '#test/support/mesh.ts'

test('a ring of eight with two breaks is two groups, and one mended break is enough to make them one', async t => {
  await using mesh = await Mesh.start({ graph: ring(cityNames(8)) })
  const { cities, world } = mesh
  const before = await expectAlike(cities, await postFromAll(cities, 'whole'))

  world.cut('City 1', 'City 2')
  world.cut('City 5', 'City 6')
  const [near, far] = [cities.slice(1, 5), [...cities.slice(5), ...cities.slice(0, 1)]]
  // expectAlike wants exactly these: what the other group writes must not come.
  const [nearTexts, farTexts] = await Promise.all([
    postFromAll(near, 'near').then(texts => expectAlike(near, [...before, ...texts])),
    postFromAll(far, 'far').then(texts => expectAlike(far, [...before, ...texts])),
  ])

  world.heal('City 5', 'City 6')
  const startedAt = Date.now()
  const all = await expectAlike(cities, [...new Set([...nearTexts, ...farTexts])])
  t.diagnostic(`the groups were alike ${Date.now() - startedAt} ms after one break was mended`)
  world.healAll()
  await mesh.linked()
  await expectAlike(cities, [...all, ...(await postFromAll(cities, 'whole again'))])
})
