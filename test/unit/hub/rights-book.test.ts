// The rights of spokes in the memory of an instance: read when they change, and written again where the store has lost them.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { RequestError, StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import type { SpokeRights } from '#hub/rights/rights.ts'
import { RightsBook } from '#hub/rights/rights-book.ts'
import type { RightsStore } from '#hub/rights/rights-store.ts'
import { settle } from '#test/support/link-world.ts'

const day = 24 * 3_600_000
const idOf = (n: number) => Buffer.alloc(32, n).toString('base64url')
const record = (n: number, at: number, state: SpokeRights['state'] = 'revoked'): SpokeRights => {
  return { id: idOf(n), name: `City ${n}`, state, rooms: {}, at }
}

class MemoryRights implements RightsStore {
  readonly losesWrites: boolean
  readonly byId = new Map<string, SpokeRights>()
  isAway = false
  reads = 0
  #version = 0
  constructor(losesWrites = true) {
    this.losesWrites = losesWrites
  }
  put(...records: SpokeRights[]): void {
    for (const one of records) this.byId.set(one.id, one)
    this.#version += 1
  }
  lose(...ids: string[]): void {
    for (const id of ids) this.byId.delete(id)
    this.#version += 1
  }
  async version(): Promise<string> {
    if (this.isAway) throw new StoreUnavailableError('away')
    return String(this.#version)
  }
  async all(): Promise<SpokeRights[]> {
    this.reads += 1
    return [...this.byId.values()]
  }
  async update(id: string, change: (before: SpokeRights | undefined) => SpokeRights): Promise<SpokeRights> {
    const after = change(this.byId.get(id))
    this.put(after)
    return after
  }
  async remove({ id }: SpokeRights): Promise<void> {
    this.lose(id)
  }
}

async function bookOf(t: TestContext, store: MemoryRights) {
  const clock = { now: 10 * day }
  const book = await RightsBook.open({
    ...{ store, enrol: 'open', everyMs: day },
    log: createLog({ json: false, write: () => {} }),
    now: () => clock.now,
  })
  t.after(() => book.close())
  const changes: string[][] = []
  book.subscribe(changed => changes.push(changed.map(({ name }) => name)))
  const look = async () => {
    book.look()
    await settle()
  }
  return { book, clock, changes, look }
}

suite('a book of rights', () => {
  test('is read when its version is another, and tells what has changed', async t => {
    const store = new MemoryRights()
    store.put(record(1, 1))
    const { book, changes, look } = await bookOf(t, store)
    assert.equal(book.standing(idOf(1)), 'revoked')
    await look()
    assert.equal(store.reads, 1)
    store.put(record(2, 2))
    await look()
    assert.deepEqual([store.reads, changes], [2, [['City 2']]])
    assert.deepEqual([book.standing(idOf(2)), book.standing(idOf(3))], ['revoked', 'open'])
  })

  test('lets nobody in before it was ever read, and keeps what it has while the store is away', async t => {
    const store = new MemoryRights()
    store.isAway = true
    const { book, look } = await bookOf(t, store)
    assert.throws(() => book.standing(idOf(1)), StoreUnavailableError)
    store.isAway = false
    store.put(record(1, 1))
    await look()
    store.isAway = true
    await look()
    assert.equal(book.standing(idOf(1)), 'revoked')
  })

  test('writes again what a store has lost, but not over what is later', async t => {
    const store = new MemoryRights()
    store.put(record(1, 5), record(2, 5), record(3, 5))
    const { book, look } = await bookOf(t, store)
    store.put(record(3, 6, 'approved'))
    store.put(record(2, 4, 'approved'))
    store.lose(idOf(1))
    await look()
    await look()
    assert.deepEqual(
      [1, 2, 3].map(n => store.byId.get(idOf(n))?.state),
      ['revoked', 'revoked', 'approved'],
    )
    assert.deepEqual(
      [1, 2, 3].map(n => book.standing(idOf(n))),
      ['revoked', 'revoked', 'approved'],
    )
  })

  test('takes what the store has where it loses nothing, or where this instance was cut off for long', async t => {
    const kept = new MemoryRights(false)
    kept.put(record(1, 5))
    const one = await bookOf(t, kept)
    kept.lose(idOf(1))
    await one.look()
    assert.equal(one.book.standing(idOf(1)), 'open')
    const redis = new MemoryRights()
    redis.put(record(1, 5))
    const other = await bookOf(t, redis)
    redis.lose(idOf(1))
    other.clock.now += day
    await other.look()
    assert.equal(other.book.standing(idOf(1)), 'open')
  })

  test('forgets in two steps: a day later the record is gone, too', async t => {
    const store = new MemoryRights()
    store.put(record(1, 10 * day, 'forgotten'))
    const { book, clock, look } = await bookOf(t, store)
    assert.equal(book.get(idOf(1)), undefined)
    clock.now += day / 4
    await look()
    assert.equal(store.byId.size, 1)
    clock.now += day
    store.put()
    await look()
    assert.equal(store.byId.size, 0)
  })
  test('is not written again and again where the clock of one instance is behind', async t => {
    const store = new MemoryRights()
    store.put(record(1, 10 * day, 'forgotten'))
    const [one, behind] = [await bookOf(t, store), await bookOf(t, store)]
    behind.clock.now += day - 3_600_000
    await behind.look()
    one.clock.now += day + 1
    store.put()
    for (let round = 0; round < 3; round += 1) for (const { look } of [one, behind]) await look()
    assert.equal(store.byId.size, 0)
  })

  test('goes on where the store has no room for what it has lost', async t => {
    const store = new MemoryRights()
    store.put(record(1, 5))
    const { book, look } = await bookOf(t, store)
    store.update = async () => {
      throw new RequestError(409, 'too_many_rights', 'full')
    }
    store.lose(idOf(1))
    store.put(record(2, 6))
    await look()
    assert.deepEqual([book.standing(idOf(1)), book.standing(idOf(2))], ['revoked', 'revoked'])
  })
})
