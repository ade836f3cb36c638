// Ten nodes write at once where one packet in five is lost, and packets collide: nothing acknowledged is lost or doubled.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payloadType } from '#edge/radio/packet.ts'
import type { IslandNode } from '#infra/island/node.ts'
import { airDeadlineMs, startRadioCity, textsAt, textsHeardBy } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

const nodes = 10
const isSoak = process.env.SOAK === '1'
const postsEach = isSoak ? 20 : 1
const deadlineMs = isSoak ? 3_600_000 : 2 * airDeadlineMs

test('what is acknowledged is stored once; what is stored reaches every member that is heard now and then', async () => {
  await using city = await startRadioCity({ conf: { radio: { push_interval_ms: 150, duty_cycle: 100 } } })
  const { island, edge } = city
  const names = Array.from({ length: nodes }, (_, n) => `Node ${n + 1}`)
  const people: IslandNode[] = []
  for (const name of names) people.push(await city.member(name))

  island.air.loss = 0.2
  // Chance may spare the ACKs of so few posts: every other node's first one is lost for sure.
  const unlucky = new Set(names.filter((_, n) => n % 2 === 0))
  island.air.loses = ({ from, packet }, to) =>
    from === 'modem' && (packet[0] ?? 0) >> 2 === payloadType.ack && unlucky.delete(to)
  const acked: string[] = []
  const write = async (node: IslandNode) => {
    for (let n = 1; n <= postsEach; n += 1) {
      const text = `${n} of ${node.name}`
      if ((await node.post(text)).isAcked) acked.push(text)
    }
  }
  await Promise.all(people.map(write))
  assert.ok(acked.length > 0)
  const stored = await textsAt(edge)
  assert.equal(new Set(stored).size, stored.length, 'something is stored twice')
  for (const text of acked) assert.ok(stored.includes(text), `"${text}" was acknowledged and is not stored`)

  // Who has not acknowledged three pushes is left alone until something of it is heard.
  const wanted = (name: string) => stored.filter(text => !text.endsWith(` of ${name}`))
  for (const node of people) {
    const hasAll = async () => {
      if (textsHeardBy(node).length < wanted(node.name).length) await node.keepAlive()
      return textsHeardBy(node).length >= wanted(node.name).length
    }
    await waitFor(hasAll, { what: `all posts at ${node.name}`, deadlineMs })
    assert.deepEqual(textsHeardBy(node), wanted(node.name))
  }
  assert.ok(island.fates.lost > 0 && island.fates.collided > 0, JSON.stringify(island.fates))
})
