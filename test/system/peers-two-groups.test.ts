// The internet falls into two groups, one with the hub and one without, or both without: each talks on, and then all are alike.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cityNames, expectAlike, Mesh, postFromAll, ring } from '#test/support/mesh.ts'

test('two groups of cities, each with or without the hub, talk on by themselves and come to the same logs', async t => {
  await using mesh = await Mesh.start({ graph: ring(cityNames(6)), hub: {} })
  const { cities, servers, hub, world } = mesh
  assert.ok(hub)
  const [left, right] = [cities.slice(0, 3), cities.slice(3)]
  const names = (some: typeof cities) => some.map(({ name }) => name)
  let texts = await expectAlike(servers, await postFromAll(cities, 'whole'))

  const partings = {
    'the hub is on the left': { groups: [['hub', ...names(left)], names(right)], ends: [[...left, hub], right] },
    'the hub is alone': { groups: [['hub'], names(left), names(right)], ends: [left, right] },
    'the hub is on the right': { groups: [names(left), ['hub', ...names(right)]], ends: [left, [...right, hub]] },
  }
  for (const [what, { groups, ends }] of Object.entries(partings)) {
    world.partition(...groups)
    const sides = await Promise.all(
      ends.map(async servers => {
        const writers = servers.filter(server => server !== hub)
        return expectAlike(servers, [...texts, ...(await postFromAll(writers, what))])
      }),
    )
    world.healAll()
    const healedAt = Date.now()
    texts = await expectAlike(servers, [...new Set(sides.flat())])
    t.diagnostic(`${what}: alike ${Date.now() - healedAt} ms after the healing`)
  }
  for (const server of servers) assert.equal((await server.status()).messages.refused, 0)
})

test('a city that alone has lost the hub is served by its neighbours, and the hub hears of it by them', async () => {
  await using mesh = await Mesh.start({ graph: ring(cityNames(3)), hub: {} })
  const { cities, servers, world } = mesh
  const before = await expectAlike(servers, await postFromAll(cities, 'whole'))
  world.cut('hub', 'City 2')
  const apart = await expectAlike(servers, [...before, ...(await postFromAll(cities, 'without the hub for City 2'))])
  world.healAll()
  await mesh.linked()
  await expectAlike(servers, [...apart, ...(await postFromAll(cities, 'whole again'))])
})
