// Ten cities in a row: how long a post travels from the first to the last, over nine links and ten disks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cityNames, expectAlike, line, Mesh } from '#test/support/mesh.ts'
import type { EdgeProgram } from '#test/support/programs.ts'
import { waitFor } from '#test/support/wait-for.ts'

const rounds = 20
/** Ten processes share two cores here. */
const medianMsMax = 1500

/** Milliseconds from the stamp at `from` to the disk of `to`: both read the same clock. */
async function travelMs(from: EdgeProgram, to: EdgeProgram, text: string): Promise<number> {
  const { guid } = await from.post(text)
  const arrived = await waitFor(async () => (await to.posts()).find(post => post.guid === guid), {
    what: `"${text}" at ${to.name}`,
    deadlineMs: 20_000,
  })
  return arrived.receivedAt - arrived.at
}

test('a post crosses a line of ten cities from end to end, in both directions', async t => {
  await using mesh = await Mesh.start({ graph: line(cityNames(10)) })
  const [first, last] = [mesh.city('City 1'), mesh.city('City 10')]
  const texts: string[] = []
  for (const [from, to] of [
    [first, last],
    [last, first],
  ] as const) {
    const times: number[] = []
    for (let i = 1; i <= rounds; i += 1) {
      const text = `${i} from ${from.name}`
      texts.push(text)
      times.push(await travelMs(from, to, text))
    }
    times.sort((a, b) => a - b)
    const [median = 0, p90 = 0] = [times[rounds / 2], times[rounds * 0.9]]
    t.diagnostic(`${from.name} to ${to.name}, 9 links: median ${median} ms, p90 ${p90} ms, most ${times.at(-1)} ms`)
    assert.ok(median < medianMsMax, `median ${median} ms`)
  }
  await expectAlike(mesh.cities, texts)
})
