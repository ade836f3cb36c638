// Contract of PostLog: what an append stores, refuses and answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cursor } from '#common/cursor.ts'
import { newGuid } from '#common/guid.ts'
import { LOCAL, type NewPost } from '#common/post-log.ts'
import {
  at,
  begin,
  dayMs,
  epochA,
  epochB,
  move,
  type OpenLog,
  range,
  readGuids,
  samplePost,
  samplePosts,
  serverId,
  store,
} from './log-under-test.ts'

export function offsetTests(open: OpenLog): void {
  test('a new log is empty: head 0, first 1, an epoch of its own', async t => {
    const { log } = await begin(t, open)
    assert.equal(log.head.head, 0)
    assert.equal(log.head.first, 1)
    assert.match(log.head.epoch, /^[A-Za-z0-9_-]{16}$/)
    assert.deepEqual(await log.readAfter(0, 10), [])
    assert.equal(log.tail.head, 0)
  })

  test('offsets are dense from 1 and entries keep their order and every field', async t => {
    const { log } = await begin(t, open)
    const posts = samplePosts(log, 5)
    const before = Date.now()
    const first = await store(log, { from: LOCAL, posts: posts.slice(0, 2) })
    const second = await store(log, { from: serverId(1), posts: posts.slice(2), ...move(log, null, at(epochA, 17)) })
    assert.deepEqual([...first.offsets, ...second.offsets], [1, 2, 3, 4, 5])
    const entries = await log.readAfter(0, 10)
    for (const [i, entry] of entries.entries()) {
      const [from, fromEpoch, fromOffset] = i < 2 ? [LOCAL, '', 0] : [serverId(1), epochA, 17]
      const { receivedAt, ...rest } = entry
      assert.deepEqual(rest, { ...posts[i], offset: i + 1, from, fromEpoch, fromOffset })
      assert.ok(receivedAt >= before - 1 && receivedAt <= Date.now() + 1, 'receivedAt is our clock')
    }
    assert.equal(entries.length, 5)
    assert.equal(log.head.head, 5)
    assert.equal(log.head.first, 1)
  })

  test('a batch without posts and without cursor changes nothing', async t => {
    const { log } = await begin(t, open)
    assert.deepEqual(await store(log, { from: LOCAL, posts: [] }), { verdicts: [], offsets: [] })
    assert.equal(log.head.head, 0)
  })

  test('an expired post is not stored and takes no offset', async t => {
    const { log, retentionDays } = await begin(t, open)
    const old = samplePost(log.room, { at: Date.now() - retentionDays * dayMs - 60_000 })
    const [a, b] = [samplePost(log.room), samplePost(log.room)]
    assert.deepEqual(await store(log, { from: serverId(1), posts: [a, old, b] }), {
      verdicts: ['stored', 'expired', 'stored'],
      offsets: [1, 0, 2],
    })
    assert.equal(await log.find(old.guid), undefined)
    const nearly = samplePost(log.room, { at: Date.now() - retentionDays * dayMs + 60_000 })
    assert.deepEqual((await store(log, { from: serverId(1), posts: [nearly] })).verdicts, ['stored'])
  })
}

export function seenTests(open: OpenLog): void {
  test('a GUID is stored once: across batches, from anybody, and inside one batch', async t => {
    const { log } = await begin(t, open)
    const [a, b, c] = [samplePost(log.room), samplePost(log.room), samplePost(log.room)]
    assert.deepEqual(await store(log, { from: serverId(1), posts: [a, b, a] }), {
      verdicts: ['stored', 'stored', 'duplicate'],
      offsets: [1, 2, 0],
    })
    assert.deepEqual(await store(log, { from: serverId(2), posts: [b, c, c, a] }), {
      verdicts: ['duplicate', 'stored', 'duplicate', 'duplicate'],
      offsets: [0, 3, 0, 0],
    })
    assert.deepEqual(await readGuids(log), [a.guid, b.guid, c.guid])
    assert.equal((await log.readAfter(1, 1))[0]?.from, serverId(1), 'the first to bring it stays its sender')
  })

  test('the same GUID with another text is still the same post', async t => {
    const { log } = await begin(t, open)
    const post = samplePost(log.room, { text: 'as first heard' })
    await store(log, { from: LOCAL, posts: [post] })
    const again = samplePost(log.room, { guid: post.guid, at: post.at + 1, text: 'another' })
    assert.deepEqual((await store(log, { from: serverId(1), posts: [again] })).verdicts, ['duplicate'])
    assert.equal((await log.find(post.guid))?.json, post.json)
  })

  test('missing gives the GUIDs never stored, in the order asked', async t => {
    const { log } = await begin(t, open)
    const posts = samplePosts(log, 3)
    const unknown = [newGuid(), newGuid()]
    await store(log, { from: LOCAL, posts })
    const asked = [unknown[1], ...posts.map(p => p.guid), unknown[0]].filter(guid => guid !== undefined)
    assert.deepEqual(await log.missing(asked), [unknown[1], unknown[0]])
    assert.deepEqual(await log.missing([]), [])
    const many = range(1, 1_000).map(() => newGuid())
    assert.deepEqual(await log.missing(many), many)
  })

  test('find gives the whole entry, or undefined', async t => {
    const { log } = await begin(t, open)
    const posts = samplePosts(log, 3)
    await store(log, { from: serverId(3), posts, ...move(log, null, at(epochA, 9)) })
    const [, second] = await log.readAfter(0, 3)
    assert.deepEqual(await log.find(posts[1]?.guid ?? ''), second)
    assert.equal(second?.fromOffset, 9)
    assert.equal(await log.find(newGuid()), undefined)
  })
}

export function cursorTests(open: OpenLog): void {
  test('a cursor is stored with its posts, one for each server', async t => {
    const { log } = await begin(t, open)
    assert.equal(await log.cursorOf(serverId(1)), null)
    await store(log, { from: serverId(1), posts: samplePosts(log, 2), ...move(log, null, at(epochA, 4)) })
    await store(log, { from: serverId(2), posts: samplePosts(log, 1), ...move(log, null, at(epochB, 70)) })
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochA, 4))
    assert.deepEqual(await log.cursorOf(serverId(2)), at(epochB, 70))
    await store(log, { from: serverId(1), posts: samplePosts(log, 1) })
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochA, 4), 'a batch without a cursor leaves it alone')
  })

  test('a batch without posts, or with known ones only, moves the cursor', async t => {
    const { log } = await begin(t, open)
    const posts = samplePosts(log, 2)
    await store(log, { from: LOCAL, posts })
    await store(log, { from: serverId(1), posts: [], ...move(log, null, at(epochA, 5)) })
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochA, 5))
    await store(log, { from: serverId(1), posts, ...move(log, at(epochA, 5), at(epochA, 7)) })
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochA, 7))
    await store(log, { from: serverId(1), posts: [], ...move(log, at(epochA, 7), at(epochB, 2)) })
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochB, 2), 'a cursor may go back in another epoch')
    assert.equal(log.head.head, 2)
  })

  test('an unexpected cursor refuses the whole batch and tells the stored one', async t => {
    const { log } = await begin(t, open)
    const post = samplePost(log.room)
    const tries: [Cursor | null, Cursor | null][] = [
      [at(epochA, 1), null],
      [null, at(epochA, 4)],
      [at(epochA, 3), at(epochA, 4)],
      [at(epochB, 4), at(epochA, 4)],
    ]
    for (const [expected, stored] of tries) {
      if (stored !== null && (await log.cursorOf(serverId(1))) === null)
        await store(log, { from: serverId(1), posts: [], ...move(log, null, stored) })
      const result = await log.append({ from: serverId(1), posts: [post], ...move(log, expected, at(epochA, 99)) })
      assert.deepEqual(result, { conflict: true, cursor: stored })
    }
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochA, 4))
    assert.equal(log.head.head, 0)
    assert.deepEqual(await log.missing([post.guid]), [post.guid], 'a refused post is not seen')
    assert.deepEqual(await store(log, { from: LOCAL, posts: [post] }), { verdicts: ['stored'], offsets: [1] })
  })

  test('a batch under another epoch than the present one is refused', async t => {
    const { log } = await begin(t, open)
    const batch = { from: serverId(1), posts: samplePosts(log, 1) }
    const cursor = { expected: null, next: at(epochA, 1), under: epochB }
    assert.deepEqual(await log.append({ ...batch, cursor }), { conflict: true, cursor: null })
    assert.equal(log.head.head, 0)
    assert.equal((await log.history()).head, 0)
  })

  test('pipelined batches: the second expects what the first sets, and a wrong one between is refused alone', async t => {
    const { log } = await begin(t, open)
    const posts = samplePosts(log, 6)
    const from = serverId(1)
    const results = await Promise.all([
      log.append({ from, posts: posts.slice(0, 2), ...move(log, null, at(epochA, 2)) }),
      log.append({ from, posts: posts.slice(2, 4), ...move(log, at(epochA, 2), at(epochA, 4)) }),
      log.append({ from, posts: samplePosts(log, 1), ...move(log, at(epochA, 2), at(epochA, 9)) }),
      log.append({ from, posts: posts.slice(4), ...move(log, at(epochA, 4), at(epochA, 6)) }),
    ])
    assert.deepEqual(
      results.map(r => (r.conflict ? r.cursor : r.offsets)),
      [[1, 2], [3, 4], at(epochA, 4), [5, 6]],
    )
    assert.deepEqual(
      await readGuids(log),
      posts.map(p => p.guid),
    )
    assert.deepEqual(await log.cursorOf(from), at(epochA, 6))
  })
}

export function concurrencyTests(open: OpenLog): void {
  test('50 appends at once from 10 servers that overlap: each post once, offsets dense', async t => {
    const { log } = await begin(t, open)
    const posts = samplePosts(log, 100)
    const appends = range(0, 49).map(n =>
      log.append({ from: serverId(n % 10), posts: range(0, 9).map(i => posts[(n * 7 + i * 3) % 100] as NewPost) }),
    )
    const results = await Promise.all(appends)
    const offsets = results.flatMap(r => (r.conflict ? [] : r.offsets)).filter(offset => offset > 0)
    assert.deepEqual(
      offsets.sort((a, b) => a - b),
      range(1, offsets.length),
    )
    const guids = await readGuids(log)
    assert.equal(new Set(guids).size, guids.length)
    assert.equal(guids.length, offsets.length)
    assert.deepEqual(await log.missing(posts.map(p => p.guid)), [])
  })
}
