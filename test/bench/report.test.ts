// The arithmetic of the report, and that what the generator counts is what was written.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { postSchema, verifyPost } from '#common/post.ts'
import { opcode, readWsFrame, wsFrame } from './clients/websocket.ts'
import { Inventory } from './inventory.ts'
import { makePosts, readSeq, textBytes } from './posts.ts'
import { reportRow, reportTable, spreadOf } from './report.ts'
import type { Row } from './rows.ts'
import { newIdentity, quantile } from './stage.ts'

const row: Row = {
  number: 1,
  title: 'a row',
  scenario: 'ingest',
  brokers: ['mosquitto', 'nats', 'hub'],
  notes: { hub: 'with its Redis' },
  params: {
    posts: 1,
    warmUpPosts: 0,
    spokes: 1,
    rooms: 1,
    postsPerSecond: 0,
    links: 0,
    powerCut: false,
    singlePosts: 0,
  },
  quick: {},
  goals: [
    { figure: 'rate', sign: '>=', value: 3, times: 'mosquitto' },
    { figure: 'rate', sign: '>=', value: 2, times: 'nats' },
    { figure: 'ms', sign: '<=', value: 4 },
  ],
}

test('a spread is median, minimum and maximum, whatever the order of the rounds', () => {
  assert.deepEqual(spreadOf([9, 1, 5]), { median: 5, min: 1, max: 9, rounds: [9, 1, 5] })
  assert.equal(spreadOf([4, 1, 3, 2]).median, 2.5)
})

test('goals are judged by medians of the same run, and not at all when a broker was left out', () => {
  const outcomes = [10, 12, 11].flatMap(rate => [
    { row: 1, broker: 'mosquitto' as const, figures: { rate, ms: 1 } },
    { row: 1, broker: 'hub' as const, figures: { rate: rate * 3, ms: rate } },
  ])
  const report = reportRow(row, outcomes)
  assert.deepEqual(
    report.goals.map(goal => goal.met),
    [true, null, false],
  )
  assert.equal(report.ratios.mosquitto?.rate, 3)
  assert.match(reportTable([report]), /hub \/ mosquitto: rate 3\.00/)
  assert.match(reportTable([report]), /hub: with its Redis/)
})

test('a post is as large as ours are, signed, and its number can be read back from its bytes', async () => {
  const [post] = makePosts({ identity: newIdentity(), rooms: ['bench-0'], count: 1, firstSeq: 0x0abcdef1 })
  assert(post !== undefined)
  const parsed = postSchema.parse(JSON.parse(post.payload.toString()))
  assert.equal(Buffer.byteLength(parsed.text), textBytes)
  assert(await verifyPost(parsed))
  assert.equal(readSeq(Buffer.concat([Buffer.from('head'), post.payload]), 4), 0x0abcdef1)
})

test('a WebSocket frame of any size is found again, and never before it is whole', () => {
  const sizes = fc.oneof(fc.nat(200), fc.integer({ min: 65_500, max: 65_600 }))
  fc.assert(
    fc.property(sizes, fc.nat(), (size, cutSeed) => {
      const bytes = wsFrame(opcode.text, [Buffer.alloc(size, 120)])
      // A server's frame has no mask: the same without the mask bit and the four bytes of the mask.
      const headerBytes = bytes.length - size - 4
      const unmasked = Buffer.concat([bytes.subarray(0, headerBytes), bytes.subarray(headerBytes + 4)])
      unmasked[1] = (unmasked[1] ?? 0) & 127
      const whole = readWsFrame(unmasked, 0)
      assert.deepEqual([whole.end, whole.end - whole.start], [unmasked.length, size])
      const cut = cutSeed % unmasked.length
      assert(readWsFrame(unmasked.subarray(0, cut), 0).end > cut)
    }),
    { numRuns: 200 },
  )
})

test('an inventory tells missing posts from repeated ones', () => {
  const inventory = new Inventory(3)
  for (const seq of [0, 2, 2]) inventory.mark(seq)
  assert.deepEqual([inventory.distinct, inventory.repeats, inventory.has(1)], [2, 1, false])
  assert.throws(() => inventory.mustBe(2, 'reader'), /1 twice/)
  assert.throws(() => inventory.mark(3), RangeError)
})

test('quantiles are of the sorted samples', () => {
  assert.equal(quantile(Float64Array.from([5, 1, 4, 2, 3]), 0.5), 3)
  assert.equal(quantile(Float64Array.from([5, 1, 4, 2, 3]), 0.99), 5)
})
