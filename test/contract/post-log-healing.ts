// Contract of PostLog: what is kept, and what is admitted to be lost, after a restart, a crash, a failover and a wipe.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Entry, LOCAL, type NewPost, type PostLog } from '#common/post-log.ts'
import { at, begin, epochA, move, type OpenLog, samplePosts, serverId, store } from './log-under-test.ts'

export function restartTests(open: OpenLog): void {
  staleTest(open)
  test('a clean restart keeps the epoch and everything stored', async t => {
    const opened = await begin(t, open)
    if (opened.restart === undefined) return t.diagnostic('left out: the log cannot restart')
    const { posts, entries, epoch } = await prepare(opened.log)
    const log = await opened.restart()
    assert.deepEqual(log.head, { epoch, first: 1, head: 5 })
    assert.deepEqual(await log.readAfter(0, 10), entries)
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochA, 40))
    assert.deepEqual((await store(log, { from: serverId(2), posts })).verdicts, Array(5).fill('duplicate'))
    assert.deepEqual((await store(log, { from: LOCAL, posts: samplePosts(log, 1) })).offsets, [6])
    assert.deepEqual(await log.startFor(at(epoch, 5)), { after: 5, known: true })
    assert.equal((await log.readAfter(5, 10))[0]?.offset, 6)
    const tail = log.tail.readAfter(5, 10)
    if (tail !== undefined) assert.deepEqual(tail, await log.readAfter(5, 10))
  })

  test('after a crash a new epoch begins, the old one ended at the head, and all that was stored is kept', async t => {
    const opened = await begin(t, open)
    if (opened.crash === undefined) return t.diagnostic('left out: the log cannot crash')
    const { entries, epoch } = await prepare(opened.log)
    const log = await opened.crash()
    // A log that notices by its store has noticed after one append.
    assert.deepEqual((await store(log, { from: LOCAL, posts: samplePosts(log, 1) })).offsets, [6])
    assert.notEqual(log.head.epoch, epoch)
    assert.deepEqual((await log.history()).ended.get(epoch), 5)
    assert.deepEqual((await log.readAfter(0, 10)).slice(0, 5), entries)
    assert.deepEqual(await log.cursorOf(serverId(1)), at(epochA, 40))
    assert.deepEqual(await log.startFor(at(epoch, 3)), { after: 3, known: true })
    assert.deepEqual(await log.startFor(at(epoch, 5)), { after: 5, known: true })
    assert.deepEqual(await log.startFor(at(epoch, 9)), { after: 5, known: true, lost: { from: 6, to: 9 } })
  })
}

function staleTest(open: OpenLog): void {
  test('a batch under an ended epoch is refused: its sender must first say anew where it stands', async t => {
    const opened = await begin(t, open)
    if (opened.crash === undefined) return t.diagnostic('left out: the log cannot crash')
    const { epoch } = await prepare(opened.log)
    const log = await opened.crash()
    const posts = samplePosts(log, 1)
    const batch = { from: serverId(1), posts }
    const cursor = { expected: at(epochA, 40), next: at(epochA, 41) }
    const refused = await log.append({ ...batch, cursor: { ...cursor, under: epoch } })
    assert.deepEqual(refused, { conflict: true, cursor: at(epochA, 40) })
    assert.equal((await log.missing(posts.map(p => p.guid))).length, 1)
    const under = (await log.history()).epoch
    assert.deepEqual((await store(log, { ...batch, cursor: { ...cursor, under } })).offsets, [6])
  })
}

export function lossTests(open: OpenLog): void {
  test('a lost tail: posts, GUIDs and cursor go back together, and the old epoch ended there', async t => {
    const opened = await begin(t, open)
    if (opened.snapshot === undefined) return t.diagnostic('left out: the log cannot snapshot')
    const { posts, entries, epoch } = await prepare(opened.log)
    const restore = await opened.snapshot()
    const lost = samplePosts(opened.log, 3)
    await store(opened.log, { from: serverId(1), posts: lost, ...move(opened.log, at(epochA, 40), at(epochA, 43)) })
    const log = await restore()
    await log.history()
    const again = await log.append({ from: serverId(1), posts: lost, ...move(log, at(epochA, 43), at(epochA, 44)) })
    assert.deepEqual(again, { conflict: true, cursor: at(epochA, 40) })
    const batch = { from: serverId(1), posts: [...posts, ...lost], ...move(log, at(epochA, 40), at(epochA, 43)) }
    assert.deepEqual((await store(log, batch)).offsets, [0, 0, 0, 0, 0, 6, 7, 8])
    assert.notEqual(log.head.epoch, epoch)
    assert.deepEqual((await log.readAfter(0, 10)).slice(0, 5), entries)
    assert.deepEqual(await log.startFor(at(epoch, 8)), { after: 5, known: true, lost: { from: 6, to: 8 } })
    const tail = log.tail.readAfter(5, 10)
    if (tail !== undefined) assert.deepEqual(tail, await log.readAfter(5, 10))
  })

  test('a wiped log knows nothing: new epoch, no cursors, every GUID missing', async t => {
    const opened = await begin(t, open)
    if (opened.wipe === undefined) return t.diagnostic('left out: the log cannot wipe')
    const { posts, epoch } = await prepare(opened.log)
    const log = await opened.wipe()
    assert.deepEqual(
      await log.missing(posts.map(p => p.guid)),
      posts.map(p => p.guid),
    )
    assert.equal(await log.cursorOf(serverId(1)), null)
    assert.deepEqual(await store(log, { from: serverId(1), posts: posts.slice(2) }), {
      verdicts: ['stored', 'stored', 'stored'],
      offsets: [1, 2, 3],
    })
    assert.notEqual(log.head.epoch, epoch)
    assert.deepEqual(await log.startFor(at(epoch, 5)), { after: 0, known: false })
    assert.equal(log.tail.head, log.head.head)
  })
}

/** Stores five posts and a cursor, and gives what a log must still know afterwards. */
async function prepare(log: PostLog): Promise<{ posts: NewPost[]; entries: Entry[]; epoch: string }> {
  const posts = samplePosts(log, 5)
  await store(log, { from: LOCAL, posts: posts.slice(0, 3) })
  await store(log, { from: serverId(1), posts: posts.slice(3), ...move(log, null, at(epochA, 40)) })
  return { posts, entries: await log.readAfter(0, 10), epoch: log.head.epoch }
}
