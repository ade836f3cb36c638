// What every registry must do, in files and in Redis alike.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { RequestError } from '#common/errors.ts'
import { pendingMax, type Registry, type SpokeRecord, spokeAwayMs, spokesMax } from '#hub/registry/registry.ts'
import { newToken } from '#hub/registry/tokens.ts'

export interface RegistryUnderTest {
  registry: Registry
  /** A second registry on the same data, as the command line or another instance has it. */
  second(): Promise<Registry>
}

export type OpenRegistry = (t: TestContext, now: () => number) => Promise<RegistryUnderTest>

export function spoke(n: number, changes: Partial<SpokeRecord> = {}): SpokeRecord {
  return {
    id: Buffer.alloc(32, String(n).padStart(8, '0')).toString('base64url'),
    name: `City ${n}`,
    lastSeenAt: 1_000_000 + n,
    address: '192.0.2.1:5001',
    software: 'meshcore-room/1',
    instance: 'hub-1',
    connected: true,
    ...changes,
  }
}

/** Registers the tests; `open` gives an empty registry whose clock is `now` (Unix ms). */
export function registryContract(name: string, open: OpenRegistry): void {
  const now = () => 1_000_000

  test(`${name}: a token is found by itself only, in every process`, async t => {
    const { registry, second } = await open(t, now)
    const { token, record } = newToken('operator', 'Büro 1')
    await registry.addToken(record)
    const other = await second()
    for (const each of [registry, other]) {
      assert.deepEqual(await each.findToken(token), record)
      assert.equal(await each.findToken(newToken('admin').token), undefined)
      assert.equal(await each.findToken(record.hash), undefined)
      assert.deepEqual(await each.tokens(), [record])
    }
  })

  test(`${name}: a token is revoked by its name or by its id`, async t => {
    const { registry, second } = await open(t, now)
    const [a, b] = [newToken('viewer', 'a', 1), newToken('admin', 'b', 2)]
    await registry.addToken(b.record)
    await registry.addToken(a.record)
    const other = await second()
    assert.deepEqual(await other.tokens(), [a.record, b.record])
    assert.deepEqual(await other.removeToken('a'), a.record)
    assert.equal(await registry.findToken(a.token), undefined)
    assert.deepEqual(await registry.removeToken(b.record.id), b.record)
    assert.equal(await registry.removeToken('b'), undefined)
    assert.equal(await other.findToken(b.token), undefined)
    assert.deepEqual(await registry.tokens(), [])
  })

  test(`${name}: two tokens cannot have one name`, async t => {
    const { registry } = await open(t, now)
    await registry.addToken(newToken('viewer', 'phone').record)
    const refused = registry.addToken(newToken('admin', 'phone').record)
    await assert.rejects(refused, (error: unknown) => error instanceof RequestError && error.code === 'name_taken')
    assert.equal((await registry.tokens()).length, 1)
  })

  test(`${name}: the latest report of a spoke counts`, async t => {
    const { registry } = await open(t, now)
    await registry.spokeSeen(spoke(2))
    await registry.spokeSeen(spoke(1))
    await registry.spokeSeen(spoke(2, { connected: false, address: '[2001:db8::1]:7', instance: 'hub-2' }))
    const expected = [spoke(1), spoke(2, { connected: false, address: '[2001:db8::1]:7', instance: 'hub-2' })]
    assert.deepEqual(await registry.spokes(), expected)
  })

  test(`${name}: a spoke nobody reports any more counts as away`, async t => {
    let time = 1_000_000
    const { registry } = await open(t, () => time)
    await registry.spokeSeen(spoke(1, { lastSeenAt: time }))
    time += spokeAwayMs - 1
    assert.equal((await registry.spokes())[0]?.connected, true)
    time += 1
    assert.equal((await registry.spokes())[0]?.connected, false)
  })

  test(`${name}: spokes that wait are kept by themselves, ${pendingMax} at most, until somebody decides`, async t => {
    const { registry } = await open(t, now)
    await registry.spokeSeen(spoke(1))
    const waits = (n: number) => spoke(n, { connected: false })
    for (let n = 2; n < pendingMax + 2; n += 1) await registry.spokePending(waits(n))
    await registry.spokePending(waits(2_000_000))
    await registry.spokePending(waits(2_000_000))
    const ids = (await registry.pending()).map(({ id }) => id)
    assert.equal(ids.length, pendingMax)
    assert.deepEqual(
      [2, 3, 2_000_000].map(n => ids.includes(spoke(n).id)),
      [false, true, true],
    )
    await registry.notPending(spoke(3).id)
    assert.equal((await registry.pending()).length, pendingMax - 1)
    assert.deepEqual(await registry.spokes(), [spoke(1)])
  })

  test(`${name}: that an identity was in two places is kept with its spoke for a day`, async t => {
    let time = 1_000_000
    const { registry } = await open(t, () => time)
    const cloned = { addresses: ['192.0.2.1:1', '192.0.2.2:2'], at: time }
    await registry.spokeCloned(spoke(1).id, cloned)
    assert.deepEqual(await registry.spokes(), [])
    await registry.spokeSeen(spoke(1, { connected: false }))
    await registry.spokeCloned(spoke(1).id, cloned)
    await registry.spokeSeen(spoke(1, { connected: false }))
    assert.deepEqual(await registry.spokes(), [spoke(1, { connected: false, cloned })])
    time += 24 * 3_600_000
    assert.deepEqual(await registry.spokes(), [spoke(1, { connected: false })])
  })

  test(`${name}: a forgotten spoke is as one that was never here`, async t => {
    const { registry } = await open(t, now)
    await registry.spokeSeen(spoke(1))
    await registry.spokePending(spoke(2))
    for (const n of [1, 2, 3]) await registry.forgetSpoke(spoke(n).id)
    assert.deepEqual([await registry.spokes(), await registry.pending()], [[], []])
  })

  test(`${name}: beyond ${spokesMax} spokes an old one is forgotten for a new one`, async t => {
    const { registry } = await open(t, now)
    for (let n = 0; n < spokesMax; n += 1000)
      await Promise.all(Array.from({ length: 1000 }, (_, i) => registry.spokeSeen(spoke(n + i))))
    await registry.spokeSeen(spoke(spokesMax))
    await registry.spokeSeen(spoke(spokesMax))
    const spokes = await registry.spokes()
    assert.equal(spokes.length, spokesMax)
    assert.ok(spokes.some(({ id }) => id === spoke(spokesMax).id))
  })
}
