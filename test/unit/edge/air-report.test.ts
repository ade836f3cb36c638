// The line about the air, and the ledger that it is made from.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { airLine } from '#edge/air-report.ts'
import { AirLedger } from '#edge/radio/air-ledger.ts'
import { noPath } from '#edge/radio/packet.ts'
import type { AirClass, AirOrder } from '#edge/radio/transmit-queue.ts'

const hourMs = 3_600_000

function order(airClass: AirClass, type: number, author?: string): AirOrder {
  const packet = { route: 'direct', type, path: noPath, payload: Uint8Array.of(1) } as const
  return { packet, airClass, delayMs: 0, room: 'main', author }
}

test('the line names who used the most first, and forgets after an hour', () => {
  const ledger = new AirLedger()
  ledger.add(order('live', 2, 'Ben@Boulder bbbbbbbb'), 61_400, 0)
  ledger.add(order('catch-up', 2, 'Ben@Boulder bbbbbbbb'), 61_000, 1000)
  ledger.add(order('answer', 3, 'Ana aaaaaaaa'), 38_000, 2000)
  ledger.add({ ...order('answer', 1), kind: 'login' }, 39_600, 2000)
  const { lastHour } = ledger.report(3000)
  assert.equal(
    airLine(lastHour, { usedMs: 200_000, maxMs: 360_000 }),
    'Air: 200 s of 360 s in the last hour (pushes of other cities 61 %, logins 20 %, ACKs 19 %)',
  )
  assert.deepEqual(Object.entries(lastHour.byAuthor), [
    ['Ben@Boulder bbbbbbbb', { packets: 2, ms: 122_400 }],
    ['Ana aaaaaaaa', { packets: 1, ms: 38_000 }],
  ])
  assert.equal(
    airLine(lastHour, { usedMs: 400_000, maxMs: 720_000 }),
    'Air: 400 s of 720 s in the last hour (pushes of other cities 31 %, logins 10 %, ACKs 10 %, before the start 50 %)',
  )
  const { lastHour: nothing } = ledger.report(hourMs + 60_000)
  assert.equal(airLine(nothing, { usedMs: 0, maxMs: 360_000 }), 'Air: 0 s of 360 s in the last hour')
})
