// What a hub remembers beside its posts: notes, alerts and the bytes of spokes keep the same promises in Redis and without it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { createLog } from '#common/log.ts'
import { openRedisHubStore } from '#hub/redis/redis-hub-store.ts'
import { openEmbeddedStore } from '#hub/store/embedded-store.ts'
import type { HubStore } from '#hub/store/hub-store.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { storeOptions, whenReady } from '#test/support/redis-stores.ts'

const silent = createLog({ json: true, level: 'silent' })

async function openEmbedded(t: TestContext): Promise<() => Promise<HubStore>> {
  const dir = mkdtempSync(join(tmpdir(), 'hub-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return () => openEmbeddedStore({ dir, retentionDays: () => 30, log: silent })
}

async function openRedis(t: TestContext): Promise<() => Promise<HubStore>> {
  const { url } = await RedisServer.start(t)
  return async () => whenReady(await openRedisHubStore(storeOptions({ url })))
}

for (const [name, open] of [['without Redis', openEmbedded] as const, ['in Redis', openRedis] as const]) {
  /** Opens it, and closes it with the test. */
  const begin = async (t: TestContext) => {
    const reopen = await open(t)
    const store = await reopen()
    let current = store
    t.after(() => current.close())
    const restart = async () => {
      await current.close()
      current = await reopen()
      return current
    }
    return { store, restart }
  }

  describe(`notes ${name}`, () => {
    test('a note is there until it is removed, also after a restart', async t => {
      const { store, restart } = await begin(t)
      assert.equal(await store.notes.get('job:a'), undefined)
      await store.notes.set('job:a', 'one')
      await store.notes.set('job:a', 'two äöü 🛰')
      await store.notes.set('job:b', '')
      const { notes } = await restart()
      assert.equal(await notes.get('job:a'), 'two äöü 🛰')
      assert.equal(await notes.get('job:b'), '')
      await notes.remove('job:a')
      await notes.remove('job:never')
      assert.equal(await notes.get('job:a'), undefined)
    })

    test('notes are found by the begin of their keys', async t => {
      const { notes } = (await begin(t)).store
      for (const key of ['spoke:1', 'spoke:2', 'spokes', 'x-spoke:3']) await notes.set(key, `of ${key}`)
      const found = await notes.all('spoke:')
      assert.deepEqual([...found].sort(), [
        ['spoke:1', 'of spoke:1'],
        ['spoke:2', 'of spoke:2'],
      ])
      assert.equal((await notes.all('none:')).size, 0)
    })

    test('many notes are written and read at once, and are told from those of other kinds', async t => {
      const { store, restart } = await begin(t)
      const many = new Map(Array.from({ length: 1_500 }, (_, n) => [`spoke ${n}`, `text ${n}`]))
      await store.reports.set('spoke 1', 'before')
      await store.reports.setMany(many)
      await store.reports.setMany(new Map())
      const { notes, reports, samples } = await restart()
      assert.deepEqual(await reports.all(''), many)
      const some = await reports.getMany(['spoke 7', 'never', 'spoke 1'])
      assert.deepEqual([...some].sort(), [
        ['spoke 1', 'text 1'],
        ['spoke 7', 'text 7'],
      ])
      assert.equal((await reports.getMany([])).size, 0)
      assert.deepEqual([await notes.get('spoke 1'), await samples.get('spoke 1')], [undefined, undefined])
      await reports.remove(...[...many.keys()].slice(1), 'never')
      await reports.remove()
      assert.deepEqual([...(await reports.all('')).keys()], ['spoke 0'])
    })

    test('a note of 16 KiB is kept whole', async t => {
      const { notes } = (await begin(t)).store
      const text = 'x'.repeat(16 * 1024)
      await notes.set('k'.repeat(256), text)
      assert.equal(await notes.get('k'.repeat(256)), text)
    })
  })

  describe(`alerts ${name}`, () => {
    test('numbers grow, also within a millisecond, when a clock goes back, and over a restart', async t => {
      const { store, restart } = await begin(t)
      const first = await store.alerts.add({ at: 5_000, kind: 'test', text: 'one' })
      assert.ok(first !== undefined)
      const second = await store.alerts.add({ at: 5_000, kind: 'test', spoke: 'S', text: 'two' })
      const { alerts } = await restart()
      const third = await alerts.add({ at: 1_000, kind: 'test', text: 'three' })
      const fourth = await alerts.add({ at: 9_000, kind: 'test', text: 'four' })
      assert.deepEqual([first, second, third, fourth], [5_000, 5_001, 5_002, 9_000])
      assert.ok(second !== undefined && third !== undefined && fourth !== undefined)
      assert.deepEqual(await alerts.after(first, 2), [
        { n: second, at: 5_000, kind: 'test', spoke: 'S', text: 'two' },
        { n: third, at: 1_000, kind: 'test', text: 'three' },
      ])
      assert.deepEqual(await alerts.after(fourth, 10), [])
    })

    test('what happens once is in the list once, also over a restart', async t => {
      const { store, restart } = await begin(t)
      const alert = { at: 5_000, kind: 'test', text: 'one' }
      const n = await store.alerts.add(alert, 'a "thing"')
      assert.ok(n !== undefined)
      assert.equal(await store.alerts.add({ ...alert, text: 'one again' }, 'a "thing"'), undefined)
      const { alerts } = await restart()
      assert.equal(await alerts.add(alert, 'a "thing"'), undefined)
      assert.equal(await alerts.add(alert), n + 1)
      assert.equal(await alerts.add(alert, 'another'), n + 2)
      assert.deepEqual((await alerts.after(0, 10))[0], { ...alert, n })
      assert.equal((await alerts.after(0, 10)).length, 3)
    })

    test('the newest 1,000 are kept', async t => {
      const { alerts } = (await begin(t)).store
      for (let n = 1; n <= 1_003; n += 1) await alerts.add({ at: n, kind: 'test', text: `number ${n}` })
      const kept = await alerts.after(0, 2_000)
      assert.equal(kept.length, 1_000)
      assert.equal(kept[0]?.text, 'number 4')
      assert.equal(kept.at(-1)?.n, 1_003)
    })

    test('a spoke of which there is ever more to tell pushes out its own, not those of others', async t => {
      const { alerts } = (await begin(t)).store
      await alerts.add({ at: 1, kind: 'gap', spoke: 'A', text: 'of "A", "spoke":"E"' })
      await alerts.add({ at: 2, kind: 'test', text: 'of nobody' })
      for (let n = 3; n <= 1_003; n += 1) await alerts.add({ at: n, kind: 'test', spoke: 'E', text: `number ${n}` })
      const kept = await alerts.after(0, 2_000)
      assert.deepEqual([kept.length, ...kept.slice(0, 3).map(({ n }) => n), kept.at(-1)?.n], [1_000, 1, 2, 6, 1_003])
    })
  })

  describe(`bytes of spokes ${name}`, () => {
    const [a, b] = ['A'.repeat(43), 'B'.repeat(43)]

    test('add up by spoke and day, with the newest cap, also over a restart', async t => {
      const { store, restart } = await begin(t)
      await store.traffic.add('2026-03-01', new Map([[a, { bytes: 5, cap: 1_000 }]]))
      const both = new Map([
        [a, { bytes: 3_000_000_000, cap: undefined }],
        [b, { bytes: 1, cap: 7 }],
      ])
      await store.traffic.add('2026-03-01', both)
      const { traffic } = await restart()
      await traffic.add('2026-03-02', new Map([[a, { bytes: 2, cap: 9 }]]))
      const day = await traffic.of('2026-03-01')
      assert.deepEqual(day, new Map([...both, [a, { bytes: 3_000_000_005, cap: undefined }]]))
      assert.deepEqual(await traffic.of('2026-03-02'), new Map([[a, { bytes: 2, cap: 9 }]]))
      assert.equal((await traffic.of('2026-03-03')).size, 0)
    })

    test('1,200 spokes at once', async t => {
      const { traffic } = (await begin(t)).store
      const many = new Map(
        Array.from({ length: 1_200 }, (_, n) => [`${n}`.padStart(43, 'x'), { bytes: n + 1, cap: n + 2 }]),
      )
      await traffic.add('2026-03-01', many)
      assert.deepEqual(await traffic.of('2026-03-01'), many)
    })
  })
}

test('without Redis 31 days of bytes are kept', async t => {
  const reopen = await openEmbedded(t)
  const { traffic, close } = await reopen()
  t.after(close)
  for (let n = 1; n <= 32; n += 1) {
    const day = new Date(Date.UTC(2026, 2, n)).toISOString().slice(0, 10)
    await traffic.add(day, new Map([['A'.repeat(43), { bytes: n, cap: undefined }]]))
  }
  assert.equal((await traffic.of('2026-03-01')).size, 0)
  assert.equal((await traffic.of('2026-03-02')).size, 1)
})

test('in Redis the bytes of a day expire', async t => {
  const server = await RedisServer.start(t)
  const store = await openRedisHubStore(storeOptions({ url: server.url }))
  t.after(() => store.close())
  await whenReady(store)
  await store.traffic.add('2026-03-01', new Map([['A'.repeat(43), { bytes: 1, cap: 2 }]]))
  const days = Number(await server.cli('TTL', 'mcfed:traffic:2026-03-01')) / 86_400
  assert.ok(days > 31 && days <= 32, `${days} days`)
})
