// Two cities that dial each other: one link, however they start, restart, die and lose each other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linksOf } from '#test/support/link-status.ts'
import { cityNames, expectAlike, line, Mesh, postFromAll, waitForLinksWith } from '#test/support/mesh.ts'
import type { EdgeProgram } from '#test/support/programs.ts'

const restarts = 8
const cuts = 3
const conf = { federation: { ping_seconds: 1 } }

/** How often its log says that a link with a peer came, and that one ended. */
function comings({ lines }: EdgeProgram): [came: number, went: number] {
  const count = (pattern: RegExp) => lines.filter(text => pattern.test(text)).length
  return [count(/Federation peer ".*" connected/), count(/Federation peer ".*" disconnected/)]
}

test('two cities that dial each other have one link, and one line for each that comes or goes', async () => {
  await using mesh = await Mesh.start({ graph: line(cityNames(2)), conf })
  const { cities, world } = mesh
  const [one, two] = [mesh.city('City 1'), mesh.city('City 2')]
  assert.deepEqual(comings(one), [1, 0])
  assert.deepEqual(comings(two), [1, 0])

  for (let i = 1; i <= restarts; i += 1) {
    await two.restart(i % 2 === 0 ? 'SIGTERM' : 'SIGKILL')
    await waitForLinksWith(two, ['City 1'])
    await waitForLinksWith(one, ['City 2'])
  }
  assert.deepEqual(comings(one), [1 + restarts, restarts])

  // Both at the same moment, so that both dial at the same moment.
  for (let i = 1; i <= cuts; i += 1) {
    world.cut('City 1', 'City 2')
    await waitForLinksWith(one, [])
    await waitForLinksWith(two, [])
    world.healAll()
    await mesh.linked()
  }
  assert.deepEqual(comings(one), [1 + restarts + cuts, restarts + cuts])

  const since = await linksOf(one)
  const texts = await expectAlike(cities, await postFromAll(cities, 'one link'))
  const { messages } = await one.status()
  assert.deepEqual([messages.duplicates, messages.refused], [0, 0])
  assert.equal(texts.length, 3)
  // The same link all the time.
  assert.deepEqual(await linksOf(one), since)
  assert.deepEqual(comings(one), [1 + restarts + cuts, restarts + cuts])
})
