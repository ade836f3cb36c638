// Whom the desk lets in before anything is proved: places are scarce, and those of the config come first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hello } from '#common/protocol/frames.ts'
import { PeerDesk, type PeerDeskOptions } from '#edge/links/peer-desk.ts'

const configured = `${'B'.repeat(42)}A`
const linked = `${'C'.repeat(42)}A`
const stranger = `${'D'.repeat(42)}A`

/** A desk with so many links, one of them with `linked`. */
function deskWith(size: number): PeerDesk {
  const links = { size, isDraining: false, get: (id: string) => (id === linked ? {} : undefined), all: () => [] }
  const known = { mayLink: () => true, refuseAgain: () => {}, isConfigured: (id: string) => id === configured }
  const parts = { links, known, logs: [], self: { name: 'City A' }, standby: { subscribe: () => {} } }
  return new PeerDesk(parts as unknown as PeerDeskOptions)
}

const hello = (id: string) => ({ id, role: 'edge', rooms: [] }) as unknown as Hello

test('when all places are taken, peers of the config and those who come back still get one', t => {
  const desk = deskWith(256)
  t.after(() => desk.stop())
  assert.throws(() => desk.grant(hello(stranger)), { code: 4429 })
  assert.deepEqual(desk.grant(hello(configured)), [])
  assert.deepEqual(desk.grant(hello(linked)), [])
})

test('a stranger gets one as long as there are', t => {
  const desk = deskWith(255)
  t.after(() => desk.stop())
  assert.deepEqual(desk.grant(hello(stranger)), [])
})
