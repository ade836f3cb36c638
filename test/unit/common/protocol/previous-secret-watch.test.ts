// The previous federation secret on its last days: who still uses it is told 7 days and 1 day before, then those links end.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLog } from '#common/log.ts'
import type { Peer } from '#common/protocol/greet.ts'
import { watchPreviousSecret } from '#common/protocol/previous-secret-watch.ts'
import { LinkByHand } from '#test/support/link-by-hand.ts'

const dayMs = 86_400_000
const until = Date.UTC(2026, 11, 31, 12)

function watching(t: TestContext, { daysLeft, links = [] }: { daysLeft: number; links?: Partial<Peer>[] }) {
  const hands = links.map(peer => new LinkByHand({ peer }))
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const lines: string[] = []
  const log = createLog({ json: false, write: line => lines.push(line.trimEnd()) })
  const clock = { now: until - daysLeft * dayMs }
  const stop = watchPreviousSecret({
    self: { previousSecret: { secret: 'x', until }, now: () => clock.now },
    links: { all: () => hands.filter(({ link }) => !link.isOver).map(({ link }) => link) },
    log,
  })
  t.after(stop)
  const at = (days: number) => {
    clock.now = until - days * dayMs
    t.mock.timers.tick(10_000)
  }
  return { lines, hands, at }
}

test('a week and a day before its end it is said who still uses it, each once', t => {
  const links = [
    { name: 'City A', secret: 'previous' },
    { name: 'City B', secret: 'current' },
    { name: 'City C', secret: 'previous' },
  ] as const
  const { lines, at } = watching(t, { daysLeft: 8, links: [...links] })
  assert.deepEqual(lines, [])
  for (const days of [7, 6, 2, 1, 0.5]) at(days)
  const said =
    '[WARN] the previous federation secret ends at 2026-12-31T12:00Z, and 2 links ("City A", "City C") are still by it'
  assert.deepEqual(lines, [said, said])
})

test('nobody is bothered when nobody uses it', t => {
  const { lines, at } = watching(t, { daysLeft: 8, links: [{ secret: 'current' }, { secret: 'outdated' }] })
  for (const days of [7, 1, 0.1]) at(days)
  assert.deepEqual(lines, [])
})

test('at its end the links that use it are ended, also the one that came in the last moment, and no others', async t => {
  const links = [
    { name: 'City A', secret: 'previous' },
    { name: 'City B', secret: 'current' },
  ] as const
  const { lines, hands, at } = watching(t, { daysLeft: 0.5, links: [...links] })
  at(0.0001)
  assert.equal(hands[0]?.link.isOver, false)
  at(0)
  assert.deepEqual(await hands[0]?.link.ended, {
    code: 4401,
    reason: 'the previous federation secret has ended',
    retryAfterMs: 30_000,
  })
  assert.equal(hands[1]?.link.isOver, false)
  const late = new LinkByHand({ peer: { secret: 'previous' } })
  hands.push(late)
  at(-1)
  assert.equal(late.link.isOver, true)
  assert.deepEqual(lines.slice(1), [
    '[WARN] the previous federation secret has ended: 1 link ("City A") is closed; remove federation_secret_previous from the config',
  ])
  hands[1]?.cut()
})
