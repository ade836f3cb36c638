// Ten thousand posts on both sides of a partition: when it heals, each side is brought what it lacks, once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitForStored } from '#test/support/link-status.ts'
import { cityNames, crossed, expectAlike, Mesh, ring } from '#test/support/mesh.ts'
import { writeBurst } from '#test/support/traffic.ts'

const perSide = 10_000

test('10,000 posts on both sides of a partition are everywhere once, soon after it', async t => {
  await using mesh = await Mesh.start({ graph: ring(cityNames(4)) })
  const { cities, world } = mesh
  const [left, right] = [cities.slice(0, 2), cities.slice(2)]
  world.partition(['City 1', 'City 2'], ['City 3', 'City 4'])
  const written = await Promise.all(cities.map(city => writeBurst(city, `from ${city.name}`, perSide / 2)))
  for (const city of [...left, ...right]) await waitForStored(city, perSide, 60_000)
  const before = await crossed(cities)

  world.healAll()
  const healedAt = Date.now()
  for (const city of cities) await waitForStored(city, 2 * perSide, 120_000)
  const ms = Date.now() - healedAt
  const across = [...(await shippedOver(mesh, 'City 2', 'City 3')), ...(await shippedOver(mesh, 'City 4', 'City 1'))]
  await expectAlike(cities, written.flat())
  const after = await crossed(cities)
  const [sent, duplicates] = [after.sent - before.sent, after.duplicates - before.duplicates]
  t.diagnostic(`everywhere ${ms} ms after the healing; ${sent} posts shipped, ${duplicates} of them for nothing`)
  t.diagnostic(`over the two links that had lost touch, each way: ${across.join(', ')}`)
  // What one of them has brought, the other does not: they compare first. What is under way on both at once is shipped by both.
  assert.ok(sum(across) < 4 * perSide, `${sum(across)} shipped across`)
  for (const shipped of across) assert.ok(shipped <= perSide, `${shipped} posts one way`)
  // All links carry each post once at most in each direction.
  assert.ok(sent <= 2 * mesh.pairs * 2 * perSide)
})

/** How many posts each end of a link has shipped since the link is there. */
async function shippedOver(mesh: Mesh, a: string, b: string): Promise<number[]> {
  const shipped = async (from: string, to: string) => {
    const { peers } = await mesh.city(from).status()
    return peers.find(({ name }) => name === to)?.rooms[0]?.sent ?? 0
  }
  return [await shipped(a, b), await shipped(b, a)]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
