// Two cities that dial each other: one link, however they start, restart, die and lose each other.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { linksOf } from '#test/support/link-status.ts'
import { cityNames, expectAlike, line, Mesh, postFromAll, waitForLinksWith } from '#test/support/mesh.ts'
import type { EdgeProgram } from '#test/support/programs.ts'
import { waitFor } from '#test/support/wait-for.ts'

const restarts = 4
const cuts = 1
const crossings = 3
/** The federation port as /proc writes it. */
const portDigits = '1389'
/** Who is silent for 4.5 s is dead: one on a busy machine is not. */
const conf = { federation: { ping_seconds: 2 } }

/** How often its log says that a link with a peer came, and that one ended. */
function comings({ lines }: EdgeProgram): [came: number, went: number] {
  const count = (pattern: RegExp) => lines.filter(text => pattern.test(text)).length
  return [count(/Federation peer ".*" connected/), count(/Federation peer ".*" disconnected/)]
}

/** A line may come later than what else tells of a link. */
async function haveCome(city: EdgeProgram, came: number, went: number): Promise<void> {
  const isSo = ([now, gone]: number[]) => now === came && gone === went
  const newest = () => city.lines.slice(-12).join('\n')
  await waitFor(() => comings(city), { what: `${came} links at ${city.name}, ${went} ended`, until: isSo }).catch(
    (error: Error) => assert.fail(`${error.message}\n${newest()}`),
  )
}

test('two cities that dial each other have one link, and one line for each that comes or goes', async () => {
  await using mesh = await Mesh.start({ graph: line(cityNames(2)), conf })
  const { cities, world } = mesh
  const [one, two] = [mesh.city('City 1'), mesh.city('City 2')]
  for (const city of cities) await haveCome(city, 1, 0)

  for (let i = 1; i <= restarts; i += 1) {
    await two.restart(i % 2 === 0 ? 'SIGTERM' : 'SIGKILL')
    await waitForLinksWith(two, ['City 1'])
    await waitForLinksWith(one, ['City 2'])
  }
  await haveCome(one, 1 + restarts, restarts)

  // Both at the same moment, so that both dial at the same moment.
  for (let i = 1; i <= cuts; i += 1) {
    world.cut('City 1', 'City 2')
    await waitForLinksWith(one, [])
    await waitForLinksWith(two, [])
    world.healAll()
    await mesh.linked()
  }
  await haveCome(one, 1 + restarts + cuts, restarts + cuts)

  const since = await linksOf(one)
  const texts = await expectAlike(cities, await postFromAll(cities, 'one link'))
  const { messages } = await one.status()
  assert.deepEqual([messages.duplicates, messages.refused], [0, 0])
  assert.equal(texts.length, 3)
  // The same link all the time.
  assert.deepEqual(await linksOf(one), since)
  await haveCome(one, 1 + restarts + cuts, restarts + cuts)
})

/** Whether it dials at this moment, and no packet comes back. */
function isDialling(city: EdgeProgram): Promise<boolean> {
  return hasCall(city, '02')
}

/** Whether its system has a connection to the peer, be the program awake or not. */
function hasDialled(city: EdgeProgram): Promise<boolean> {
  return hasCall(city, '01')
}

/** A socket to the peer in this state of TCP, as /proc writes it: 01 is connected, 02 waits for the first answer. */
async function hasCall({ pid }: EdgeProgram, wanted: string): Promise<boolean> {
  const sockets = (await readFile(`/proc/${pid}/net/tcp`, 'utf8')).split('\n').map(text => text.trim().split(/\s+/))
  return sockets.some(([, , remote, state]) => remote?.endsWith(`:${portDigits}`) && state === wanted)
}

test('two cities whose calls cross keep the same one of two links', async () => {
  await using mesh = await Mesh.start({ graph: line(cityNames(2)), conf })
  const { cities, world } = mesh
  let texts: string[] = []
  for (let i = 1; i <= crossings; i += 1) {
    const before = cities.map(comings)
    world.cut('City 1', 'City 2')
    for (const city of cities) await waitForLinksWith(city, [])
    await waitFor(async () => (await Promise.all(cities.map(isDialling))).every(Boolean), { what: 'both to dial' })
    // Asleep, they find themselves connected with each other at the same moment when they awake.
    for (const city of cities) city.freeze()
    world.healAll()
    // The system calls again after 1, 3, 7 and 15 s.
    await waitFor(async () => (await Promise.all(cities.map(hasDialled))).every(Boolean), {
      what: 'calls that cross',
      deadlineMs: 60_000,
    })
    for (const city of cities) city.thaw()
    await mesh.linked()
    texts = await expectAlike(cities, [...texts, ...(await postFromAll(cities, `crossing ${i}`))])
    for (const [j, city] of cities.entries()) {
      const [came = 0, went = 0] = before[j] ?? []
      await haveCome(city, came + 1, went + 1)
    }
  }
})
