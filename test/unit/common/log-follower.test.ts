// A follower misses nothing, repeats nothing, and holds nothing for a reader that does not read.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { z } from 'zod'
import { LogFollower } from '#common/log-follower.ts'
import { PacedWriter } from '#common/paced-writer.ts'
import { roomAndWriter } from '#test/support/room-and-writer.ts'
import { waitFor } from '#test/support/wait-for.ts'

const frameSchema = z.looseObject({ t: z.string(), room: z.string(), epoch: z.string() })

/** A connection that takes frames only while `isReading`. */
function makeReader(t: TestContext, stallMs?: number) {
  const frames: string[] = []
  const held: (() => void)[] = []
  const reader = { isReading: true, isStalled: false, frames }
  const writer = new PacedWriter({
    write: (frame, done) => {
      frames.push(frame)
      if (reader.isReading) setImmediate(done)
      else held.push(done)
    },
    onStalled: () => {
      reader.isStalled = true
    },
    ...(stallMs === undefined ? {} : { stallMs }),
  })
  const follower = new LogFollower(writer)
  const gone = new AbortController()
  const running = follower.run(gone.signal)
  t.after(async () => {
    gone.abort()
    writer.close()
    await running
  })
  const parsed = () => frames.map(frame => frameSchema.parse(JSON.parse(frame)))
  const texts = () => parsed().flatMap(frame => (frame.t === 'post' ? [frame.text] : []))
  const readOn = () => {
    reader.isReading = true
    for (const done of held.splice(0)) done()
  }
  return { reader, writer, follower, parsed, texts, readOn }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `p${from + i}`)

test('sends what is new, each once and in order', async t => {
  const { log, say } = roomAndWriter()
  await say('old')
  const { follower, texts } = makeReader(t)
  follower.follow(log)
  await say(...numbers(1, 250))
  await waitFor(() => texts().length >= 250, { what: 'all posts' })
  assert.deepEqual(texts(), numbers(1, 250))
})

test('begins with the backlog after the cursor, from the store when the tail is too short', async t => {
  const { log, say } = roomAndWriter('frontrange', { tailBytes: 1000 })
  await say(...numbers(1, 320))
  const { follower, texts, parsed } = makeReader(t)
  follower.follow(log, { epoch: log.head.epoch, offset: 5 })
  await waitFor(() => texts().length >= 315, { what: 'the backlog' })
  await say('live')
  await waitFor(() => texts().at(-1) === 'live', { what: 'the live post' })
  assert.deepEqual(texts(), [...numbers(6, 320), 'live'])
  assert.ok(parsed().every(frame => frame.t === 'post'))
})

test('holds back while the reader does not read, and goes on where it stopped', async t => {
  const { log, say } = roomAndWriter()
  const { reader, follower, texts, readOn } = makeReader(t)
  // Each quote becomes two bytes of JSON.
  const big = numbers(1, 600).map(text => text.padEnd(600, '"'))
  await say(...big)
  reader.isReading = false
  follower.follow(log, { epoch: log.head.epoch, offset: 0 })
  await waitFor(() => texts().length > 10, { what: 'the first posts' })
  const bytes = () => Buffer.byteLength(reader.frames.join(''))
  assert.ok(bytes() < 70 * 1024, `${bytes()} bytes are held for a reader that does not read`)
  readOn()
  await waitFor(() => texts().length >= big.length, { what: 'the rest' })
  assert.deepEqual(texts(), big)
})

test('a reader without progress is given up, one with progress is not', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const held: (() => void)[] = []
  let stalls = 0
  const writer = new PacedWriter({ write: (_frame, done) => held.push(done), onStalled: () => stalls++, stallMs: 1000 })
  writer.send('a')
  writer.send('b')
  t.mock.timers.tick(900)
  held.shift()?.()
  t.mock.timers.tick(900)
  assert.equal(stalls, 0)
  t.mock.timers.tick(100)
  assert.equal(stalls, 1)
  t.mock.timers.tick(5000)
  assert.equal(stalls, 1)
})

test('nothing on its way is no stall, however long', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let stalls = 0
  const writer = new PacedWriter({ write: (_frame, done) => done(), onStalled: () => stalls++, stallMs: 1000 })
  writer.send('a')
  t.mock.timers.tick(5000)
  assert.equal(stalls, 0)
})

test('answers that pile up unread end the connection before they take 256 KiB', () => {
  let bytes = 0
  let stalls = 0
  const writer = new PacedWriter({ write: frame => (bytes += frame.length), onStalled: () => stalls++ })
  for (let i = 0; i < 1000; i += 1) writer.send('x'.repeat(1024))
  assert.equal(stalls, 1)
  assert.ok(bytes <= 256 * 1024)
})

test('tells of posts that were trimmed before they were read', async t => {
  let now = Date.now()
  const { log, say } = roomAndWriter('frontrange', { retentionDays: 1, now: () => now })
  await say('a', 'b', 'c')
  now += 2 * 86_400_000
  await log.trim(now)
  now -= 2 * 86_400_000
  await say('d')
  const { follower, texts, parsed } = makeReader(t)
  follower.follow(log, { epoch: log.head.epoch, offset: 1 })
  await waitFor(() => texts().length === 1, { what: 'the post that is left' })
  const [gap, post] = parsed()
  assert.deepEqual(gap, { t: 'gap', room: 'frontrange', epoch: log.head.epoch, from: 2, to: 3 })
  assert.equal(post?.text, 'd')
})

test('tells of posts that were trimmed while the reader did not read', async t => {
  let now = Date.now()
  const { log, say } = roomAndWriter('frontrange', { retentionDays: 1, tailBytes: 1, now: () => now })
  const { reader, follower, texts, parsed, readOn } = makeReader(t)
  reader.isReading = false
  await say(...numbers(1, 200).map(text => text.padEnd(600, '.')))
  follower.follow(log, { epoch: log.head.epoch, offset: 0 })
  await waitFor(() => texts().length > 10, { what: 'the first posts' })
  now += 2 * 86_400_000
  await log.trim(now)
  now -= 2 * 86_400_000
  await say('left')
  readOn()
  await waitFor(() => texts().at(-1) === 'left', { what: 'the post that is left' })
  const gap = parsed().find(frame => frame.t === 'gap')
  assert.deepEqual([gap?.from, gap?.to], [texts().length, 200])
})

test('after lost writes it resets, and goes on with what the log has now', async t => {
  const { log, say } = roomAndWriter()
  await say('a', 'b')
  const old = log.snapshot()
  const { follower, texts, parsed } = makeReader(t)
  follower.follow(log, { epoch: log.head.epoch, offset: 0 })
  await say('lost')
  await waitFor(() => texts().length === 3, { what: 'the first posts' })
  log.restore(old)
  await say('new')
  await waitFor(() => texts().at(-1) === 'new', { what: 'the new post' })
  const epoch = log.head.epoch
  assert.deepEqual(texts(), ['a', 'b', 'lost', 'new'])
  const reset = parsed().find(frame => frame.t === 'reset')
  assert.equal(reset?.epoch, epoch)
  assert.equal(reset?.after, 2)
  assert.equal(parsed().at(-1)?.offset, 3)
})

test('a cursor of a history this log never had is reset to the first post', async t => {
  const { log, say } = roomAndWriter()
  await say('a', 'b')
  const { follower, texts, parsed } = makeReader(t)
  follower.follow(log, { epoch: 'AAAAAAAAAAAAAAAA', offset: 2 })
  await waitFor(() => texts().length === 2, { what: 'the posts' })
  assert.equal(parsed()[0]?.t, 'reset')
})

test('a cursor beyond the head is reset to the head', async t => {
  const { log, say } = roomAndWriter()
  await say('a')
  const { follower, texts, parsed } = makeReader(t)
  follower.follow(log, { epoch: log.head.epoch, offset: 99 })
  await waitFor(() => parsed().length > 0, { what: 'the reset' })
  await say('b')
  await waitFor(() => texts().length === 1, { what: 'the next post' })
  assert.deepEqual([parsed()[0]?.t, parsed()[0]?.after, texts()[0]], ['reset', 1, 'b'])
})

test('waits for a store that is away', async t => {
  const { log, say } = roomAndWriter('frontrange', { tailBytes: 1 })
  await say('a')
  log.unavailable = true
  const asked = t.mock.method(log, 'startFor')
  const { follower, texts } = makeReader(t)
  follower.follow(log, { epoch: log.head.epoch, offset: 0 })
  await waitFor(() => asked.mock.callCount() > 0, { what: 'the first, failing question' })
  assert.deepEqual(texts(), [])
  log.unavailable = false
  await waitFor(() => texts().length === 1, { what: 'the post, once the store is back' })
})
