// A decision and its entry in the audit trail: there is none without the other, but for an entry of what could not be done.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry } from '#common/audit-entry.ts'
import { RequestError, StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { Decisions } from '#hub/rights/decisions.ts'
import type { SpokeRights } from '#hub/rights/rights.ts'

const spoke = { id: 'A'.repeat(43), name: 'City A' }

function desk() {
  const entries: AuditEntry[] = []
  const records = new Map<string, SpokeRights>()
  /** What the stores say instead of doing it. */
  const faults: { audit?: Error; rights?: Error } = {}
  const decisions = new Decisions({
    audit: {
      add: async entry => {
        if (faults.audit) throw faults.audit
        entries.push(entry)
      },
      newest: async () => entries,
    },
    rights: {
      losesWrites: true,
      version: async () => '',
      all: async () => [...records.values()],
      update: async (id, change) => {
        if (faults.rights) throw faults.rights
        const after = change(records.get(id))
        records.set(id, after)
        return after
      },
      remove: async () => {},
    },
    registry: { forgetSpoke: async () => {}, notPending: async () => {} },
    log: createLog({ json: false, level: 'silent' }),
    now: () => 1000,
  })
  return { decisions, entries, records, faults }
}

test('nothing is decided of which the audit trail could not be told', async () => {
  const { decisions, records, faults } = desk()
  faults.audit = new StoreUnavailableError('full')
  await assert.rejects(decisions.decide('cli:ada', spoke, { action: 'approve' }), StoreUnavailableError)
  assert.equal(records.size, 0)
})

test('what could not be done is said behind it', async () => {
  const { decisions, entries, faults } = desk()
  await decisions.decide('cli:ada', spoke, { action: 'revoke', why: 'floods' })
  faults.rights = new RequestError(409, 'too_many_rights', 'there is no room')
  await assert.rejects(decisions.decide('cli:bob', spoke, { action: 'approve' }), RequestError)
  faults.rights = new StoreUnavailableError('away')
  await assert.rejects(decisions.decide('cli:eve', spoke, { action: 'approve' }), StoreUnavailableError)
  assert.deepEqual(
    entries.map(({ who, action, spoke: id, detail }) => [who, action, id, detail]),
    [
      ['cli:ada', 'revoke', spoke.id, 'floods'],
      ['cli:bob', 'approve', spoke.id, undefined],
      ['cli:bob', 'approve', spoke.id, 'was not done: there is no room'],
      ['cli:eve', 'approve', spoke.id, undefined],
    ],
  )
})
