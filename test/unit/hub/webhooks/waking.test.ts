// What wakes a webhook: posts of its rooms, a room that is opened, a time that has come; and how often at most.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { PostLog } from '#common/post-log.ts'
import { Waking } from '#hub/webhooks/waking.ts'
import { fill } from '#test/support/link-by-hand.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { WebhookWorld } from '#test/support/webhook-world.ts'

function start(t: TestContext, logs: PostLog[]) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const world = new WebhookWorld()
  const webhooks = [world.webhook({ rooms: ['a'] }), world.webhook({ name: 'all' })]
  const woken: string[] = []
  const waking = new Waking({ webhooks, openLogs: () => logs, wake: job => void woken.push(job) })
  t.after(() => waking.stop())
  /** Who was woken in that time. */
  const wokenIn = (ms: number) => {
    t.mock.timers.tick(ms)
    return woken.splice(0).toSorted()
  }
  return { waking, wokenIn }
}

test('the webhooks of a room, when it is opened and when it grows', async t => {
  const [a, b] = [new MemoryLog('a'), new MemoryLog('b')]
  const logs = [a]
  const { wokenIn } = start(t, logs)
  assert.deepEqual(wokenIn(0), ['webhook-all', 'webhook-bot'])
  logs.push(b)
  assert.deepEqual([...wokenIn(1000), ...wokenIn(1000)], ['webhook-all'])
  await fill(a, 1)
  assert.deepEqual(wokenIn(1000), ['webhook-all', 'webhook-bot'])
  await fill(b, 1)
  assert.deepEqual(wokenIn(1000), ['webhook-all'])
  assert.deepEqual(wokenIn(60_000), [])
})

test('once a second, however many posts there are', async t => {
  const a = new MemoryLog('a')
  const { wokenIn } = start(t, [a])
  wokenIn(0)
  for (let n = 0; n < 100; n++) await fill(a, 1)
  assert.deepEqual(wokenIn(900), [])
  assert.deepEqual(wokenIn(100), ['webhook-all', 'webhook-bot'])
})

test('at the time that it asked for last, and never after the stop', t => {
  const { waking, wokenIn } = start(t, [])
  waking.wakeAt('webhook-bot', 5000, 0)
  waking.wakeAt('webhook-bot', 9000, 0)
  waking.wakeAt('webhook-bot', Number.POSITIVE_INFINITY, 0)
  assert.deepEqual([wokenIn(8999), wokenIn(1)], [[], ['webhook-bot']])
  waking.wakeAt('webhook-bot', 10_000, 9000)
  waking.stop()
  assert.deepEqual(wokenIn(60_000), [])
})
