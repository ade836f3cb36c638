// A way that carries in one direction only: no link is there, for both ends, and nobody believes the contrary.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cityNames, expectAlike, fullMesh, line, Mesh, postFromAll, waitForLinksWith } from '#test/support/mesh.ts'

const conf = { federation: { ping_seconds: 1 } }

test('where one direction is dead both ends give the link up, and a third city carries the posts', async () => {
  await using mesh = await Mesh.start({ graph: fullMesh(cityNames(3)), conf })
  const { cities, world } = mesh
  world.cutOneWay('City 2', 'City 1')
  const during = await expectAlike(cities, await postFromAll(cities, 'around'))
  await waitForLinksWith(mesh.city('City 1'), ['City 3'])
  await waitForLinksWith(mesh.city('City 2'), ['City 3'])
  world.healAll()
  await mesh.linked()
  await expectAlike(cities, [...during, ...(await postFromAll(cities, 'whole'))])
})

test('two cities with one direction between them keep their posts, whichever is dead, and then have all', async () => {
  await using mesh = await Mesh.start({ graph: line(cityNames(2)), conf })
  const { cities, world } = mesh
  const [one, two] = [mesh.city('City 1'), mesh.city('City 2')]
  let texts: string[] = []
  for (const [from, to] of [
    ['City 1', 'City 2'],
    ['City 2', 'City 1'],
  ] as const) {
    world.cutOneWay(from, to)
    texts.push(...(await postFromAll(cities, `while ${from} was not heard`)))
    await waitForLinksWith(one, [])
    await waitForLinksWith(two, [])
    world.healAll()
    texts = await expectAlike(cities, texts)
  }
  assert.equal((await one.status()).messages.refused, 0)
})
