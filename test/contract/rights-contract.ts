// What every store of rights and every audit trail must do, in files and in Redis alike.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { AuditEntry } from '#common/audit-entry.ts'
import { type AuditTrail, auditMax } from '#hub/rights/audit.ts'
import { decided, type SpokeRights } from '#hub/rights/rights.ts'
import type { RightsStore } from '#hub/rights/rights-store.ts'

export interface RightsUnderTest {
  rights: RightsStore
  audit: AuditTrail
}

/** Each call gives another view of the same data, as the command line and every instance have it. */
export type OpenRights = (t: TestContext) => Promise<() => Promise<RightsUnderTest>>

export const spokeId = (n: number) => Buffer.alloc(32, n).toString('base64url')

export function approve(n: number, now = n) {
  return (before: SpokeRights | undefined) =>
    decided(before, { action: 'approve' }, { id: spokeId(n), name: `City ${n}`, now })
}

const grant = (room: string) => (before: SpokeRights | undefined) =>
  decided(before, { action: 'grant', room, right: { read: true, write: false } }, { id: spokeId(1), name: '', now: 1 })

export function rightsContract(name: string, open: OpenRights): void {
  test(`${name}: a decision is known in every process, and the version tells that there is one`, async t => {
    const view = await open(t)
    const [one, other] = [(await view()).rights, (await view()).rights]
    const versions = [await other.version()]
    assert.deepEqual(await other.all(), [])
    const record = await one.update(spokeId(1), approve(1))
    versions.push(await other.version())
    assert.deepEqual(await other.all(), [record])
    const changed = await other.update(spokeId(1), grant('main'))
    assert.deepEqual([changed.state, changed.rooms.main], ['approved', { read: true, write: false }])
    versions.push(await one.version())
    assert.equal(await other.version(), versions[2])
    assert.equal(new Set(versions).size, 3)
    assert.deepEqual(await one.all(), [changed])
  })

  test(`${name}: a record is removed only as it was seen`, async t => {
    const { rights } = await (await open(t))()
    const older = await rights.update(spokeId(1), approve(1))
    const newer = await rights.update(spokeId(1), approve(1))
    await rights.remove(older)
    assert.deepEqual(await rights.all(), [newer])
    const before = await rights.version()
    await rights.remove(newer)
    assert.deepEqual(await rights.all(), [])
    assert.notEqual(await rights.version(), before)
  })

  test(`${name}: the audit trail has the newest entries, in order, from every process`, async t => {
    const view = await open(t)
    const [one, other] = [(await view()).audit, (await view()).audit]
    assert.deepEqual(await one.newest(10), [])
    const entry = (at: number): AuditEntry => ({
      at,
      who: 'cli:ada',
      action: 'approve',
      spoke: spokeId(1),
      name: 'A "1"',
    })
    for (let at = 1; at <= 6; at += 1) await (at % 2 === 0 ? one : other).add(entry(at))
    assert.deepEqual(await one.newest(4), [3, 4, 5, 6].map(entry))
    assert.deepEqual(await other.newest(auditMax), [1, 2, 3, 4, 5, 6].map(entry))
  })
}
