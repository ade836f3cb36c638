// A webhook from run to run: where it begins, what it sends again, how long it waits, what it gives up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '#hub/webhooks/answers.ts'
import { rangeOf, usualConf, WebhookWorld } from '#test/support/webhook-world.ts'

const failed: Outcome = { kind: 'failed', error: 'HTTP 503' }
const refused: Outcome = { kind: 'refused', error: 'HTTP 422' }
const delivered: Outcome = { kind: 'delivered' }
const hourMs = 3_600_000

test('a new webhook begins at the head of each room; a room created later at its beginning', async () => {
  const world = new WebhookWorld()
  await world.post('old', 7)
  const webhook = world.webhook()
  await world.run(webhook)
  assert.equal(world.told.length, 0)
  await world.post('old', 3)
  await world.post('new', 2)
  await world.run(webhook)
  assert.deepEqual([world.delivered('old'), world.delivered('new')], [['8-10'], ['1-2']])
  const types = world.told.map(({ type, posts }) => [type, posts.at(0)?.text])
  assert.deepEqual(types, [
    ['posts', 'hello'],
    ['posts', 'hello'],
  ])
})

test('only its rooms, in batches of at most 50, in order, a room in turn with the others', async () => {
  const world = new WebhookWorld()
  world.random = 0
  const webhook = world.webhook({ rooms: ['a', 'b'] })
  await world.run(webhook)
  for (const room of ['a', 'b', 'c']) await world.post(room, 120)
  await world.run(webhook)
  assert.deepEqual(world.delivered('a'), ['1-50', '51-100', '101-120'])
  assert.deepEqual(world.told.map(({ room }) => room).join(''), 'ababab')
  await world.run(webhook)
  assert.equal(world.told.length, 6)
  assert.equal(new Set(world.told.map(({ id }) => id)).size, 6)
})

test('a room that the config names later begins at its head, and one that waits does not lose its place by that', async () => {
  const world = new WebhookWorld()
  await world.post('b', 5)
  const before = world.webhook({ rooms: ['a'] })
  await world.run(before)
  await world.post('a', 2)
  const after = world.webhook({ rooms: ['a', 'b'] })
  await world.run(after)
  await world.post('b', 1)
  await world.run(after)
  assert.deepEqual([world.delivered('a'), world.delivered('b')], [['1-2'], ['6-6']])
})

test('what may have been delivered comes again with the same id and the same posts, whoever sends it', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 3)
  world.answer = () => failed
  await world.run(webhook)
  await world.post('a', 10)
  world.now += 11_000
  world.answer = () => delivered
  await world.run(world.webhook())
  assert.deepEqual(world.told.map(rangeOf), ['1-3', '1-3', '4-13'])
  assert.equal(world.told[0]?.id, world.told[1]?.id)
  assert.notEqual(world.told[1]?.id, world.told[2]?.id)
})

test('an instance that dies after the answer and before the note: the same batch comes again', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 3)
  world.answer = () => {
    throw new Error('killed')
  }
  await assert.rejects(world.run(webhook), /killed/)
  await world.post('a', 1)
  const seen: string[] = []
  world.answer = ({ id, posts }) => {
    seen.push(`${rangeOf({ posts })} ${id}`)
    return delivered
  }
  await world.run(world.webhook())
  assert.deepEqual(
    seen.map(line => line.split(' ')[0]),
    ['1-3', '4-4'],
  )
})

test('while the endpoint fails it is tried ever more rarely, by any instance, and said once', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 1)
  world.answer = () => failed
  const waits: number[] = []
  for (let i = 0; i < 9; i++) {
    await world.run(i % 2 === 0 ? webhook : world.webhook())
    waits.push((world.wakeAt - world.now) / 1000)
    // A run before its time does nothing but ask for that time.
    world.now = world.wakeAt - 1
    await world.run(webhook)
    assert.equal(world.told.length, i + 1)
    world.now = world.wakeAt
  }
  assert.deepEqual(waits, [10, 20, 40, 80, 160, 320, 600, 600, 600])
  const { failingSince, lastError, waitingPosts } = await world.status(webhook)
  assert.deepEqual([failingSince, lastError, waitingPosts], ['2026-01-01T00:00:00.000Z', 'HTTP 503', 1])
  world.answer = () => delivered
  await world.run(webhook)
  assert.deepEqual(world.lines, [
    '[WARN] Webhook "bot" cannot be delivered to hooks.example.com: HTTP 503; it is tried again and again',
    '[INFO] Webhook "bot" works again, after 40 min',
  ])
  assert.equal((await world.status(webhook)).failingSince, null)
})

test('Retry-After is heeded when it is longer', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 1)
  world.answer = () => ({ ...failed, retryAfterMs: 90_000 })
  await world.run(webhook)
  assert.equal(world.wakeAt - world.now, 90_000)
})

test('a batch on which the endpoint breaks holds up its own room only', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 1)
  world.answer = ({ room }) => (room === 'a' ? failed : delivered)
  await world.run(webhook)
  for (let i = 0; i < 20; i++) {
    await world.post('b', 1)
    world.now += 10_000
    await world.run(webhook)
  }
  assert.equal(world.delivered('b').length, 20)
  const tries = world.told.filter(({ room }) => room === 'a').length
  assert.ok(tries >= 4 && tries <= 6, `${tries} tries in 200 s`)
  assert.equal(world.lines.filter(line => line.startsWith('[WARN]')).length, 1)
})

test('a batch that is refused five times is given up, and the room goes on; others did not wait', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 3)
  await world.post('b', 1)
  world.answer = ({ room, posts }) => (room === 'a' && posts[0]?.offset === 1 ? refused : delivered)
  await world.run(webhook)
  await world.post('a', 2)
  assert.deepEqual(world.delivered('b'), ['1-1'])
  for (let i = 0; i < 4; i++) {
    world.now = world.wakeAt
    await world.run(webhook)
  }
  assert.equal(world.told.filter(({ kind }) => kind === 'refused').length, 5)
  assert.deepEqual(world.delivered('a'), ['4-5'])
  assert.deepEqual((await world.status(webhook)).dead, { ranges: 1, posts: 3, total: 3 })
  assert.deepEqual(world.lines, [
    '[WARN] Webhook "bot" is refused posts 1 to 3 of room "a": HTTP 422',
    '[WARN] Webhook "bot": posts 1 to 3 of room "a" are given up (HTTP 422); "federation-hub webhooks retry bot" sends them again',
  ])
})

test('after give_up_hours what is older is given up in every room, and the rest still comes', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook({ giveUpMs: 2 * hourMs })
  await world.run(webhook)
  world.answer = () => failed
  await world.post('a', 60)
  await world.post('b', 1)
  await world.run(webhook)
  world.now += hourMs
  await world.post('a', 5)
  await world.run(webhook)
  assert.equal((await world.status(webhook)).dead.total, 0)
  world.now += hourMs
  await world.run(webhook)
  assert.deepEqual((await world.status(webhook)).dead, { ranges: 2, posts: 61, total: 61 })
  world.now = world.wakeAt
  world.answer = () => delivered
  await world.run(webhook)
  assert.deepEqual([world.delivered('a'), world.delivered('b')], [['61-65'], []])
})

test('what was given up is sent again when it is asked for', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook({ giveUpMs: hourMs })
  await world.run(webhook)
  world.answer = () => failed
  await world.post('a', 120)
  await world.run(webhook)
  world.now += hourMs + 1
  await world.run(webhook)
  assert.deepEqual((await world.status(webhook)).dead, { ranges: 1, posts: 120, total: 120 })

  // The endpoint is tried at once, whatever it was to wait for; when it fails, the wish stands.
  world.now += 1
  await webhook.notes.askForRetry(world.now)
  await world.run(webhook)
  assert.equal(world.told.at(-1)?.kind, 'failed')
  world.now = world.wakeAt
  world.answer = () => delivered
  await world.run(webhook)
  assert.deepEqual(world.delivered('a'), ['1-50', '51-100', '101-120'])
  assert.deepEqual((await world.status(webhook)).dead, { ranges: 0, posts: 0, total: 120 })
  await world.run(webhook)
  assert.equal(world.delivered('a').length, 3)
})

test('what is refused again stays given up, until it is asked for once more', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  world.answer = () => refused
  await world.post('a', 2)
  for (let i = 0; i < 5; i++) {
    world.now = Math.max(world.now, world.wakeAt)
    await world.run(webhook)
  }
  for (const answer of [refused, delivered]) {
    world.answer = () => answer
    world.now += 1
    await webhook.notes.askForRetry(world.now)
    await world.run(webhook)
    await world.run(webhook)
  }
  assert.deepEqual(
    world.told.map(({ kind }) => kind),
    [...Array(6).fill('refused'), 'delivered'],
  )
  assert.equal((await world.status(webhook)).dead.posts, 0)
})

test('what is refused again is sent once, also when whoever asked has a clock ahead of ours', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 120)
  world.answer = () => failed
  await world.run(webhook)
  world.now += usualConf.giveUpMs + 1
  await world.run(webhook)
  const before = world.told.length
  // So that a run ends that goes on and on.
  world.answer = () => {
    world.now += 100
    return refused
  }
  await webhook.notes.askForRetry(world.now + 600_000)
  await world.run(webhook)
  assert.deepEqual(world.told.slice(before).map(rangeOf), ['1-50'])
  assert.deepEqual((await world.status(webhook)).dead, { ranges: 1, posts: 120, total: 120 })
})

test('posts that were trimmed meanwhile are told as a gap', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  world.answer = () => failed
  await world.post('a', 20)
  await world.run(webhook)
  world.now += 30 * 24 * hourMs
  await world.post('a', 4)
  await world.room('a').trim(world.now + 1)
  world.answer = () => delivered
  await world.run(webhook)
  const [again, next] = world.told.slice(1)
  assert.deepEqual([again?.gap, again?.posts, again?.id === world.told[0]?.id], [{ from: 1, to: 20 }, [], true])
  assert.deepEqual([next?.gap, next && rangeOf(next)], [undefined, '21-24'])
})

test('a gap before new posts comes with them', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 20)
  world.now += 31 * 24 * hourMs
  await world.post('a', 4)
  await world.room('a').trim(world.now)
  await world.run(webhook)
  assert.deepEqual(
    world.told.map(told => [told.gap, rangeOf(told)]),
    [[{ from: 1, to: 20 }, '21-24']],
  )
  assert.match(world.lines[0] ?? '', /^\[WARN\] Webhook "bot": posts 1 to 20 of room "a" were trimmed before/)
})

test('a log that lost its last posts: what comes in their place is sent', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 5)
  const copy = world.room('a').snapshot()
  await world.post('a', 3)
  await world.run(webhook)
  world.room('a').restore(copy)
  await world.post('a', 2)
  await world.run(webhook)
  assert.deepEqual(world.delivered('a'), ['1-8', '6-7'])
  assert.notEqual(world.told[0]?.epoch, world.told[1]?.epoch)
})

test('a store that forgot everything: all of it is sent again, and nothing is left out', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 5)
  await world.run(webhook)
  world.room('a').wipe()
  for (const key of (await world.notes.all('')).keys()) await world.notes.remove(key)
  await world.post('a', 6)
  await world.run(webhook)
  assert.deepEqual(world.delivered('a'), ['1-5', '1-6'])
})

test('alerts come from now on, in order, and the same again after a failure', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook({ posts: false, alerts: true })
  world.alerts.push({ n: world.now - 5 })
  await world.run(webhook)
  await world.post('a', 3)
  world.alerts.push({ n: world.now + 1 }, { n: world.now + 2 })
  world.answer = () => failed
  await world.run(webhook)
  world.alerts.push({ n: world.now + 3 })
  world.answer = () => delivered
  world.now = world.wakeAt
  await world.run(webhook)
  const start = Date.UTC(2026, 0, 1)
  assert.deepEqual(
    world.told.map(({ type, alerts }) => [type, alerts.map(({ n }) => n - start)]),
    [
      ['alerts', [1, 2]],
      ['alerts', [1, 2]],
      ['alerts', [3]],
    ],
  )
  assert.equal(world.told[0]?.id, world.told[1]?.id)
  await world.run(webhook)
  assert.equal(world.told.length, 3)
})

test('alerts on which the endpoint breaks do not keep the posts', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook({ alerts: true })
  await world.run(webhook)
  world.alerts.push({ n: world.now + 1 })
  world.answer = ({ type }) => (type === 'alerts' ? failed : delivered)
  await world.post('a', 1)
  await world.run(webhook)
  world.now = world.wakeAt
  await world.run(webhook)
  world.now = world.wakeAt
  await world.run(webhook)
  assert.deepEqual(world.delivered('a'), ['1-1'])
})

test('neither the secret, nor the path of the URL, nor a text is in the log or the notes', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 3)
  world.answer = () => refused
  for (let i = 0; i < 5; i++) {
    world.now = Math.max(world.now, world.wakeAt)
    await world.run(webhook)
  }
  const kept = [...(await world.notes.all('')).values(), ...world.lines].join('\n')
  assert.match(kept, /HTTP 422/)
  assert.doesNotMatch(kept, /secret|hello/)
})

test('a slow endpoint: a run ends in time, and the next one begins with other rooms', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook({ alerts: true })
  await world.run(webhook)
  for (const room of ['a', 'b', 'c', 'd']) await world.post(room, 500)
  world.answer = () => {
    world.now += 9000
    return delivered
  }
  const begins: (string | undefined)[] = []
  for (const random of [0, 0.26, 0.51, 0.76]) {
    world.random = random
    const before = world.told.length
    const startedAt = world.now
    await world.run(webhook)
    begins.push(world.told[before]?.room)
    assert.ok(world.now - startedAt <= 45_000, `${world.now - startedAt} ms`)
    assert.equal(world.wakeAt, world.now)
  }
  assert.deepEqual(begins, ['a', 'b', 'c', 'd'])
})

test('so does one that sends again what was given up, or alerts', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook({ giveUpMs: hourMs, alerts: true })
  await world.run(webhook)
  world.answer = () => failed
  await world.post('a', 1000)
  await world.run(webhook)
  world.now += hourMs + 1
  await world.run(webhook)
  world.now += 1
  await webhook.notes.askForRetry(world.now)
  for (let n = 1; n <= 1000; n++) world.alerts.push({ n: world.now + n })
  world.answer = () => {
    world.now += 9000
    return delivered
  }
  for (let runs = 0; (await webhook.notes.retryAskedAt()) !== undefined; runs += 1) {
    assert.ok(runs < 20)
    const startedAt = world.now
    await world.run(webhook)
    assert.ok(world.now - startedAt <= 45_000, `${world.now - startedAt} ms`)
  }
  assert.equal(world.delivered('a').length, 20)
  assert.equal(world.told.filter(({ type, kind }) => type === 'alerts' && kind === 'delivered').length, 20)
})

test('a run that is told to stop leaves the notes to whoever goes on', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 1)
  const stop = new AbortController()
  world.answer = async () => {
    // Another instance believes this one dead, and delivers.
    world.answer = () => delivered
    await world.run(world.webhook())
    stop.abort()
    return failed
  }
  await webhook.run(stop.signal).catch(() => {})
  assert.equal((await world.status(webhook)).lastSuccess, new Date(world.now).toISOString())
})

test('rooms that have not grown are not asked for, and one that has lost posts is', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  for (let n = 0; n < 20; n++) await world.post(`r${n}`, 1)
  await world.run(webhook)
  world.reads = 0
  await world.run(webhook)
  await world.status(webhook)
  assert.ok(world.reads <= 5, `${world.reads} reads`)
  world.room('r7').wipe()
  await world.post('r7', 1)
  await world.run(webhook)
  assert.equal(world.delivered('r7').length, 2)
})

test('a batch that was begun before the log lost its end reaches no further than what is there', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  await world.post('a', 3)
  const copy = world.room('a').snapshot()
  await world.post('a', 5)
  world.answer = () => failed
  await world.run(webhook)
  world.room('a').restore(copy)
  await world.post('a', 1)
  world.answer = () => delivered
  world.now = world.wakeAt
  await world.run(webhook)
  await world.post('a', 2)
  await world.run(webhook)
  assert.deepEqual(world.delivered('a'), ['1-4', '5-6'])
})

test('a room that the store cannot read now keeps no other waiting, and comes when it can', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  await world.run(webhook)
  for (const room of ['a', 'b', 'c']) await world.post(room, 2)
  world.room('b').unavailable = true
  world.room('b').tail.reset(2)
  await world.run(webhook)
  assert.deepEqual([world.delivered('a'), world.delivered('b'), world.delivered('c')], [['1-2'], [], ['1-2']])
  assert.equal((await world.status(webhook)).waitingPosts, 2)
  world.room('b').unavailable = false
  await world.run(webhook)
  assert.deepEqual(world.delivered('b'), ['1-2'])
})

test('a new webhook waits until it can see where every room stands', async () => {
  const world = new WebhookWorld()
  const webhook = world.webhook()
  for (const room of ['a', 'b']) await world.post(room, 2)
  world.closedRoom = 'b'
  await assert.rejects(world.run(webhook), /not all rooms/)
  world.closedRoom = undefined
  await world.run(webhook)
  for (const room of ['a', 'b']) await world.post(room, 1)
  await world.run(webhook)
  assert.deepEqual([world.delivered('a'), world.delivered('b')], [['3-3'], ['3-3']])
})
