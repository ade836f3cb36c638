// Contract of PostLog: what readers get, and how they are told of news and of holes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOCAL, type PostLog } from '#common/post-log.ts'
import { waitFor } from '#test/support/wait-for.ts'
import {
  at,
  begin,
  dayMs,
  epochA,
  move,
  type OpenLog,
  range,
  readGuids,
  samplePost,
  samplePosts,
  serverId,
  store,
} from './log-under-test.ts'

export function readTests(open: OpenLog): void {
  test('readAfter keeps to its limit and ends at the head', async t => {
    const { log } = await begin(t, open)
    await store(log, { from: LOCAL, posts: samplePosts(log, 150) })
    for (const [after, limit, want] of [
      [0, 1, [1]],
      [0, 64, range(1, 64)],
      [64, 64, range(65, 128)],
      [140, 64, range(141, 150)],
      [149, 1, [150]],
      [150, 10, []],
      [999, 10, []],
    ] as const) {
      const entries = await log.readAfter(after, limit)
      assert.deepEqual(
        entries.map(entry => entry.offset),
        want,
        `after ${after}, limit ${limit}`,
      )
    }
  })

  test('the tail holds the same entries as the store', async t => {
    const { log } = await begin(t, open)
    for (const n of range(1, 20))
      await store(log, {
        from: serverId(n % 3),
        posts: samplePosts(log, n),
        ...(n < 4 && move(log, null, at(epochA, n))),
      })
    await waitFor(() => log.tail.head === log.head.head, { what: 'the tail reaches the head' })
    for (const offset of [0, 100, 199, 209, 210]) {
      const tail = log.tail.readAfter(offset, 50)
      if (tail !== undefined) assert.deepEqual(tail, await log.readAfter(offset, 50))
    }
    assert.equal(log.tail.readAfter(200, 50)?.length, 10, 'the newest are in the tail')
  })
}

export function startTests(open: OpenLog): void {
  test('startFor: no cursor and an unknown epoch begin at the first, as unknown', async t => {
    const { log } = await begin(t, open)
    await store(log, { from: LOCAL, posts: samplePosts(log, 5) })
    assert.deepEqual(await log.startFor(null), { after: 0, known: false })
    assert.deepEqual(await log.startFor(at(epochA, 3)), { after: 0, known: false })
  })

  test('startFor: the same epoch goes on where it was; what lies ahead of the head is lost', async t => {
    const { log } = await begin(t, open)
    await store(log, { from: LOCAL, posts: samplePosts(log, 5) })
    const { epoch } = log.head
    for (const offset of [0, 3, 5])
      assert.deepEqual(await log.startFor(at(epoch, offset)), { after: offset, known: true })
    assert.deepEqual(await log.history(), { epoch, first: 1, head: 5, ended: new Map() })
    assert.deepEqual(await log.startFor(at(epoch, 8)), { after: 5, known: true, lost: { from: 6, to: 8 } })
  })
}

export function trimTests(open: OpenLog): void {
  test('trim drops old entries from the front, and a reader behind is told of the hole', async t => {
    const { log, retentionDays } = await begin(t, open)
    const old = samplePosts(log, 4)
    await store(log, { from: LOCAL, posts: old })
    const between = await nextMillisecond()
    const young = samplePosts(log, 3)
    await store(log, { from: LOCAL, posts: young })
    assert.equal(await trimAll(log, between), 0, 'nothing is old enough')
    assert.equal(await trimAll(log, between + retentionDays * dayMs), 4)
    await waitFor(() => log.head.first === 5, { what: 'the head tells the first kept offset' })
    assert.equal(log.head.head, 7)
    assert.deepEqual(
      await readGuids(log),
      young.map(p => p.guid),
    )
    assert.equal((await log.readAfter(0, 1))[0]?.offset, 5)
    assert.equal(await log.find(old[0]?.guid ?? ''), undefined)
    assert.deepEqual(await log.startFor(null), { after: 4, known: false, trimmed: { from: 1, to: 4 } })
    const { epoch } = log.head
    assert.deepEqual(await log.startFor(at(epoch, 2)), { after: 4, known: true, trimmed: { from: 3, to: 4 } })
    assert.deepEqual(await log.startFor(at(epoch, 4)), { after: 4, known: true })
  })

  test('offsets go on after everything was trimmed', async t => {
    const opened = await begin(t, open)
    let { log } = opened
    await store(log, { from: LOCAL, posts: samplePosts(log, 3) })
    const later = (await nextMillisecond()) + opened.retentionDays * dayMs
    assert.equal(await trimAll(log, later), 3)
    if (opened.restart !== undefined) log = await opened.restart()
    await waitFor(() => log.head.first === 4, { what: 'first is head + 1' })
    assert.equal(log.head.head, 3)
    assert.deepEqual(await log.readAfter(0, 10), [])
    assert.deepEqual((await store(log, { from: LOCAL, posts: samplePosts(log, 1) })).offsets, [4])
  })

  test('a post whose time lies ahead is trimmed by the time it came in', async t => {
    const { log, retentionDays } = await begin(t, open)
    const ahead = samplePost(log.room, { at: Date.now() + 3 * dayMs })
    await store(log, { from: serverId(1), posts: [ahead] })
    const later = (await nextMillisecond()) + retentionDays * dayMs
    assert.equal(await trimAll(log, later), 1)
  })
}

export function sizeTests(open: OpenLog): void {
  test('a room with too many posts drops the oldest, knows their GUIDs for the retention, and goes on with its offsets', async t => {
    const opened = await begin(t, open)
    let { log } = opened
    const posts = samplePosts(log, 12_000)
    for (let i = 0; i < posts.length; i += 1_000) await store(log, { from: LOCAL, posts: posts.slice(i, i + 1_000) })
    const now = await nextMillisecond()
    const dropped = await trimAll(log, now, 1_000)
    assert.ok(dropped <= 11_000 && dropped > 11_000 - 4_096, `${dropped} were dropped`)
    assert.equal(await trimAll(log, now, 12_000), 0)
    if (opened.restart !== undefined) log = await opened.restart()
    await waitFor(() => log.head.first === dropped + 1, { what: 'the head tells the first kept offset' })
    assert.equal(log.head.head, 12_000)
    assert.equal((await log.readAfter(0, 1))[0]?.guid, posts[dropped]?.guid)
    assert.equal(await log.find(posts[0]?.guid ?? ''), undefined)
    for (const some of [posts.slice(0, 500), posts.slice(dropped - 500, dropped + 1)]) {
      assert.deepEqual(await log.missing(some.map(({ guid }) => guid)), [])
      const { verdicts } = await store(log, { from: serverId(1), posts: some })
      assert.deepEqual([...new Set(verdicts)], ['duplicate'])
    }
    assert.equal(await trimAll(log, now + opened.retentionDays * dayMs, 1_000), 12_000 - dropped)
    assert.deepEqual((await store(log, { from: LOCAL, posts: samplePosts(log, 1) })).offsets, [12_001])
  })
}

export function forgetTests(open: OpenLog): void {
  test('the cursors that are kept can be listed, and forgotten one by one', async t => {
    const { log } = await begin(t, open)
    assert.deepEqual(await log.cursors(), [])
    for (const n of [1, 2]) {
      const posts = samplePosts(log, 1)
      await store(log, { from: serverId(n), posts, ...move(log, null, at(epochA, n)) })
    }
    assert.deepEqual((await log.cursors()).sort(), [serverId(1), serverId(2)].sort())
    await log.dropCursor(serverId(1))
    await log.dropCursor(serverId(3))
    assert.deepEqual(await log.cursors(), [serverId(2)])
    assert.equal(await log.cursorOf(serverId(1)), null)
    const stale = await log.append({ from: serverId(1), posts: [], ...move(log, at(epochA, 1), at(epochA, 2)) })
    assert.deepEqual(stale, { conflict: true, cursor: null })
  })
}

export function subscribeTests(open: OpenLog): void {
  test('subscribers hear of posts until they leave; one that throws harms nobody', async t => {
    const { log } = await begin(t, open)
    let heard = 0
    let heardByOther = 0
    const leaveBad = log.subscribe(() => {
      throw new Error('a careless listener')
    })
    const leave = log.subscribe(change => {
      if (change === 'posts') heard += 1
    })
    const leaveOther = log.subscribe(() => {
      heardByOther += 1
    })
    await store(log, { from: LOCAL, posts: samplePosts(log, 1) })
    await waitFor(() => heard > 0 && heardByOther > 0, { what: 'both are told' })
    leave()
    const heardBefore = heard
    const otherBefore = heardByOther
    await store(log, { from: LOCAL, posts: samplePosts(log, 1) })
    await waitFor(() => heardByOther > otherBefore, { what: 'the other is told again' })
    assert.equal(heard, heardBefore)
    leaveOther()
    leaveBad()
  })

  test('when a subscriber is told, the entry can be read and the head includes it', async t => {
    const { log } = await begin(t, open)
    const heads: number[] = []
    t.after(log.subscribe(() => heads.push(log.head.head)))
    await store(log, { from: LOCAL, posts: samplePosts(log, 2) })
    await waitFor(() => heads.includes(2), { what: 'told with the new head' })
    assert.equal((await log.readAfter(1, 1)).length, 1)
  })
}

/** Lets the clock move on, so that what follows is received later. */
async function nextMillisecond(): Promise<number> {
  const before = Date.now()
  await waitFor(() => Date.now() > before + 2, { what: 'the clock moves' })
  return before + 1
}

async function trimAll(log: PostLog, now: number, postsMax?: number): Promise<number> {
  let dropped = 0
  for (let calls = 0; calls < 100; calls += 1) {
    const some = await log.trim(now, postsMax)
    if (some === 0) return dropped
    dropped += some
  }
  return assert.fail('trimming does not end')
}
