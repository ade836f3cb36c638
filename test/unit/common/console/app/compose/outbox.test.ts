// The outbox of a browser: whatever breaks off, each post is stored once, in order, and nothing is lost without a word.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type KeptItems, keptName } from '#common/console/app/compose/kept-posts.ts'
import { newKey, Outbox, unsentMax } from '#common/console/app/compose/outbox.ts'
import type { Outcome, OwnPost } from '#common/console/app/compose/own-post.ts'
import { forbiddenItems, keptItems } from '#test/support/kept-items.ts'

const draft = { room: 'main', author: 'Net', text: 'Check in' }

/** Stores each key once, and answers as its mood is. */
class Server {
  readonly stored: string[] = []
  calls = 0
  /** `deaf`: is not reached. `mute`: stores, and its answer is lost. */
  mood: 'well' | 'deaf' | 'mute' | 'refusing' = 'well'
  readonly #offsets = new Map<string, number>()

  readonly send = async ({ key, text }: OwnPost): Promise<Outcome> => {
    this.calls += 1
    if (this.mood === 'deaf') throw new Error('not reached')
    if (this.mood === 'refusing') return { kind: 'refused', trouble: { code: 'forbidden', message: 'no' } }
    if (!this.#offsets.has(key)) {
      this.stored.push(text)
      this.#offsets.set(key, this.stored.length)
    }
    if (this.mood === 'mute') throw new Error('the answer was lost')
    return { kind: 'stored', guid: `guid-of-${key}`, offset: this.#offsets.get(key) ?? 0 }
  }
}

/** Time goes on, step by step, so that what it begins goes on, too. */
async function pass(t: TestContext, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 250) {
    t.mock.timers.tick(250)
    await setImmediate()
  }
}

interface World {
  server: Server
  items: KeptItems | undefined
}

function openPage(t: TestContext, { server, items }: World) {
  const abort = new AbortController()
  const now = () => ({ at: Date.now(), chance: 0.5 })
  const outbox = new Outbox({ items, newKey, send: server.send, server: () => undefined, changed: () => {}, now })
  const ran = outbox.run(abort.signal)
  const close = () => {
    abort.abort()
    return ran
  }
  t.after(close)
  return { outbox, close }
}

function world(t: TestContext, items: KeptItems | undefined = keptItems()): World {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  return { server: new Server(), items }
}

const states = (outbox: Outbox) => outbox.posts.map(({ sending }) => sending.state)

test('sends at once, one after the other, and knows what is stored', async t => {
  const { server, items } = world(t)
  const { outbox } = openPage(t, { server, items })
  for (const text of ['one', 'two', 'three']) outbox.add({ ...draft, text })
  await pass(t, 500)
  assert.deepEqual(server.stored, ['one', 'two', 'three'])
  assert.deepEqual(states(outbox), ['stored', 'stored', 'stored'])
  assert.equal(outbox.unsent, 0)
})

test('without a connection it waits, asks ever more rarely, and hurries when there is one', async t => {
  const { server, items } = world(t)
  server.mood = 'deaf'
  const { outbox } = openPage(t, { server, items })
  outbox.add(draft)
  await pass(t, 60_000)
  assert.ok(server.calls >= 5 && server.calls <= 8, `${server.calls} tries in a minute`)
  assert.deepEqual(states(outbox), ['queued'])
  server.mood = 'well'
  outbox.hurry()
  await pass(t, 250)
  assert.deepEqual(server.stored, ['Check in'])
})

test('an answer that was lost, and a page that was loaded anew, make no second post', async t => {
  const { server, items } = world(t)
  server.mood = 'mute'
  const before = openPage(t, { server, items })
  before.outbox.add(draft)
  await pass(t, 250)
  await before.close()
  assert.deepEqual(server.stored, ['Check in'])
  server.mood = 'well'
  const { outbox } = openPage(t, { server, items })
  assert.deepEqual(states(outbox), ['queued'])
  await pass(t, 1000)
  assert.deepEqual(states(outbox), ['stored'])
  assert.deepEqual(server.stored, ['Check in'])
})

test('two tabs that both send it make one post, and a late failure of one does not undo the other', async t => {
  const { server, items } = world(t)
  server.mood = 'deaf'
  const first = openPage(t, { server, items })
  first.outbox.add(draft)
  await pass(t, 250)
  const second = openPage(t, { server, items })
  server.mood = 'well'
  first.outbox.hurry()
  await pass(t, 250)
  server.mood = 'deaf'
  // It has not heard of the other one, tries by itself, and fails.
  second.outbox.hurry()
  await pass(t, 30_000)
  assert.deepEqual(states(second.outbox), ['stored'])
  assert.deepEqual(server.stored, ['Check in'])
})

test('a post of another tab is left to it, until it does not send it', async t => {
  const { server, items } = world(t)
  server.mood = 'deaf'
  const { outbox } = openPage(t, { server, items })
  const other = openPage(t, { server: new Server(), items: keptItems() })
  await other.close()
  other.outbox.add(draft)
  const [post] = other.outbox.posts
  assert.ok(post)
  outbox.heard(keptName(post.key), JSON.stringify(post))
  await pass(t, 15_000)
  assert.equal(server.calls, 0)
  server.mood = 'well'
  await pass(t, 10_000)
  assert.deepEqual(states(outbox), ['stored'])
  outbox.heard(keptName(post.key), null)
  assert.deepEqual(outbox.posts, [])
})

test('what is refused is shown, holds up nothing, and may be sent again or thrown away', async t => {
  const { server, items } = world(t)
  server.mood = 'refusing'
  const { outbox } = openPage(t, { server, items })
  outbox.add({ ...draft, text: 'one' })
  await pass(t, 250)
  assert.deepEqual(states(outbox), ['refused'])
  server.mood = 'well'
  outbox.add({ ...draft, text: 'two' })
  await pass(t, 250)
  assert.deepEqual(server.stored, ['two'])
  outbox.retry(outbox.posts[0]?.key ?? '')
  await pass(t, 250)
  assert.deepEqual(server.stored, ['two', 'one'])
  outbox.discard(outbox.posts[0]?.key ?? '')
  assert.deepEqual(openPage(t, { server, items }).outbox.posts, outbox.posts)
  assert.equal(outbox.posts.length, 1)
})

test('where nothing can be kept it sends all the same, and says that it is not kept', async t => {
  for (const items of [forbiddenItems, keptItems(10), undefined]) {
    t.mock.timers.reset()
    const { server } = world(t)
    server.mood = 'deaf'
    const { outbox, close } = openPage(t, { server, items })
    assert.equal(outbox.isKept, true)
    outbox.add(draft)
    await pass(t, 250)
    assert.equal(outbox.isKept, false)
    server.mood = 'well'
    await pass(t, 1500)
    assert.deepEqual(states(outbox), ['stored'])
    assert.equal(outbox.isKept, true)
    await close()
  }
})

test('a storage that somebody cleared is filled with what is unsent', async t => {
  const { server, items } = world(t)
  server.mood = 'deaf'
  const { outbox } = openPage(t, { server, items })
  outbox.add(draft)
  await pass(t, 250)
  items?.removeItem(keptName(outbox.posts[0]?.key ?? ''))
  outbox.heard(null, null)
  assert.deepEqual(openPage(t, { server, items }).outbox.posts, outbox.posts)
})

test('so many wait and no more; of those stored the newest are kept for a day', async t => {
  const { server, items } = world(t)
  server.mood = 'deaf'
  const { outbox } = openPage(t, { server, items })
  for (let i = 0; i < unsentMax; i += 1) assert.equal(outbox.add({ ...draft, text: `${i}` }), true)
  assert.equal(outbox.add(draft), false)
  server.mood = 'well'
  outbox.hurry()
  await pass(t, 60_000)
  assert.equal(server.stored.length, unsentMax)
  assert.deepEqual(outbox.posts.map(({ text }) => text).slice(0, 2), ['80', '81'])
  t.mock.timers.tick(25 * 3_600_000)
  assert.deepEqual(openPage(t, { server, items }).outbox.posts, [])
})

test('keys are made without what plain http lacks, and none is like another', () => {
  const keys = new Set(Array.from({ length: 1000 }, newKey))
  assert.equal(keys.size, 1000)
  for (const key of keys) assert.match(key, /^console-[0-9a-f]{32}$/)
})
