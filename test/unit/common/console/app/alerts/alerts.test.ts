// What the server tells is asked for once, counted until it is acknowledged, and rings when it is new.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Alert } from '#common/alerts/alerts.ts'
import { filterAlerts } from '#common/console/app/alerts/alert-list.ts'
import { Alerts } from '#common/console/app/alerts/alerts.ts'
import type { Call, Ringer } from '#common/console/app/alerts/ringer.ts'
import type { LiveFrame } from '#common/room-shapes.ts'
import { keptItems } from '#test/support/kept-items.ts'

function alert(n: number, kind: string, changes: Partial<Alert> = {}): Alert {
  return { n, at: n, kind, text: `${kind} ${n}`, ...changes }
}

/** Timers are in the test's hand: what is left to wait for are promises. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 100 && !isSo(); turn += 1) await new Promise(resolve => setImmediate(resolve))
  assert.ok(isSo(), what)
}

function begin(t: TestContext, storage = keptItems()) {
  const server = { alerts: [] as Alert[], asked: [] as string[], isAway: false }
  const rung: string[] = []
  const ask = async (path: string) => {
    server.asked.push(path)
    if (server.isAway) throw new Error('the server does not answer')
    const after = Number(new URL(path, 'http://x').searchParams.get('after') ?? 0)
    return { alerts: server.alerts.filter(({ n }) => n > after).slice(0, 500) }
  }
  const notes: string[] = []
  const ring = async ({ tag, title, body }: Pick<Call, 'tag' | 'title' | 'body'>) => {
    rung.push(tag)
    notes.push(`${title}: ${body}`)
  }
  const ringer = { look: async () => {}, read: () => {}, ring }
  const listeners: ((frame: LiveFrame) => void)[] = []
  const subscribe = (listener: (frame: LiveFrame) => void) => {
    listeners.push(listener)
    return () => {}
  }
  const alerts = new Alerts({
    api: { ask: ask as never },
    live: { subscribe },
    network: { mayTell: id => id !== 'G' },
    storage,
    ringer: ringer as unknown as Ringer,
    isOwn: ({ guid }) => guid === 'own',
    isHidden: () => false,
    now: () => 1000,
  })
  const hear = (frame: LiveFrame) => {
    for (const listener of listeners) listener(frame)
  }
  /** The next time it asks. */
  const round = async () => {
    const before = server.asked.length
    t.mock.timers.tick(5000)
    await until(() => server.asked.length > before, 'a question')
    await new Promise(resolve => setImmediate(resolve))
  }
  return { alerts, server, rung, notes, hear, round, storage }
}

test('what was there at the first visit does not ring, and asks only where it is not over', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { alerts, server, rung } = begin(t)
  server.alerts = [alert(1, 'gap'), alert(2, 'radio-gone', { spoke: 'A' }), alert(3, 'clone', { spoke: 'B' })]
  server.alerts.push(alert(4, 'spoke-silent', { spoke: 'G' }), alert(5, 'radio-back', { spoke: 'A', level: 'info' }))
  t.after(alerts.start())
  await until(() => alerts.isLoaded.value, 'the first answer')
  assert.deepEqual(server.asked, ['/api/v1/alerts?limit=500&after=0'])
  assert.deepEqual(
    alerts.open.value.map(({ n }) => n),
    [3],
  )
  assert.deepEqual([alerts.count.value, alerts.fresh.value, rung], [1, [], []])
  alerts.ack(3)
  assert.equal(alerts.count.value, 0)
})

test('of a long list all is asked for, and its begin is not over either', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { alerts, server, rung } = begin(t)
  server.alerts = [
    alert(1, 'radio-gone', { spoke: 'A' }),
    ...Array.from({ length: 999 }, (_, i) => alert(i + 2, 'gap')),
  ]
  t.after(alerts.start())
  await until(() => alerts.isLoaded.value, 'the answers')
  assert.deepEqual(
    [alerts.list.value.length, ...alerts.open.value.map(({ n }) => n), alerts.count.value, rung],
    [1000, 1, 1, []],
  )
})

test('a city of which there is ever more to tell hides none of the others, however long the page is open', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { alerts, server, round } = begin(t)
  server.alerts = [alert(1, 'radio-gone', { spoke: 'A' })]
  t.after(alerts.start())
  await until(() => alerts.isLoaded.value, 'the first answer')
  alerts.ack(1)
  server.alerts = Array.from({ length: 1200 }, (_, i) => alert(i + 2, 'gap', { spoke: 'E' }))
  await round()
  assert.deepEqual(
    [alerts.list.value.length, alerts.list.value.at(-1)?.n, alerts.fresh.value.length],
    [1000, 1201, 1000],
  )
  assert.deepEqual(
    alerts.open.value.map(({ n }) => n),
    [1],
  )
  for (const { n } of alerts.list.value) alerts.ack(n)
  server.alerts.push(...Array.from({ length: 100 }, (_, i) => alert(i + 2000, 'gap', { spoke: 'E' })))
  await round()
  for (const { n } of alerts.list.value) alerts.ack(n)
  assert.equal(alerts.count.value, 0, 'what was acknowledged first is so as long as it is shown')
})

test('many are acknowledged in one step: what the browser keeps is written once', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let writes = 0
  const kept = keptItems()
  const setItem = (name: string, value: string) => {
    writes += 1
    kept.setItem(name, value)
  }
  const { alerts, server, round } = begin(t, { ...kept, setItem })
  t.after(alerts.start())
  await until(() => alerts.isLoaded.value, 'the first answer')
  server.alerts = Array.from({ length: 1000 }, (_, i) => alert(i + 1, 'gap'))
  await round()
  assert.equal(alerts.fresh.value.length, 1000)
  writes = 0
  alerts.ack(...alerts.fresh.value.map(({ n }) => n))
  assert.deepEqual([writes, alerts.count.value, alerts.fresh.value], [1, 0, []])
})

test('what comes then rings once for all that came, and stands there until it is acknowledged', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { alerts, server, rung, notes, round, storage } = begin(t)
  server.alerts = [alert(1, 'gap')]
  t.after(alerts.start())
  await until(() => alerts.isLoaded.value, 'the first answer')
  server.alerts.push(alert(5, 'radio-gone'), alert(6, 'gap'), alert(7, 'radio-back', { level: 'info' }))
  await round()
  assert.equal(server.asked.at(-1), '/api/v1/alerts?limit=500&after=1')
  assert.deepEqual(rung, ['alert 6'])
  assert.deepEqual(notes, ['Posts lost (and 1 more): Gap 6\nRadio-gone 5'])
  assert.deepEqual(
    alerts.fresh.value.map(({ n }) => n),
    [5, 6],
  )
  assert.equal(alerts.count.value, 2)
  alerts.ack(6)
  assert.equal(alerts.count.value, 1)
  const other = begin(t, storage)
  other.server.alerts = server.alerts
  t.after(other.alerts.start())
  await until(() => other.alerts.isLoaded.value, 'the first answer')
  assert.equal(other.alerts.count.value, 1)
  other.alerts.ackAll()
  alerts.changed('mcfed.acks')
  assert.equal(alerts.count.value, 0)
})

test('a server that does not answer is told of, and asked again from where it was', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { alerts, server, rung, round } = begin(t)
  server.alerts = [alert(1, 'gap')]
  t.after(alerts.start())
  await until(() => alerts.isLoaded.value, 'the first answer')
  server.isAway = true
  await round()
  assert.equal(alerts.fault.value, 'the server does not answer')
  server.isAway = false
  server.alerts.push(alert(2, 'gap'))
  await round()
  assert.deepEqual([alerts.fault.value, alerts.list.value.length, rung], ['', 2, ['alert 2']])
})

test('a priority notice rings, and is counted', t => {
  const { alerts, rung, hear } = begin(t)
  const facts = { room: 'main', origin: 'O', at: 900, offset: 1, receivedAt: 900, epoch: 'e', author: { name: 'Ann' } }
  hear({ t: 'post', guid: 'g', source: 'console', text: 'PRIORITY: stand by', ...facts })
  hear({ t: 'post', guid: 'h', source: 'lora', text: 'PRIORITY: no', ...facts })
  hear({ t: 'post', guid: 'own', source: 'console', text: 'PRIORITY: written here', ...facts })
  hear({ t: 'beat' })
  assert.deepEqual([rung, alerts.count.value], [['post g'], 1])
  alerts.ackAll()
  assert.equal(alerts.count.value, 0)
})

test('the list is filtered by city, kind and what is still to do', () => {
  const all = [
    alert(1, 'gap', { spoke: 'A' }),
    alert(2, 'radio-gone', { spoke: 'B' }),
    alert(3, 'radio-back', { spoke: 'B' }),
  ]
  const numbers = (show: 'all' | 'warn' | 'asks', spoke = '', kind = '') =>
    filterAlerts(all, { show, spoke, kind }, ({ n }) => n === 1).map(({ n }) => n)
  assert.deepEqual(numbers('all'), [1, 2, 3])
  assert.deepEqual(numbers('warn'), [1, 2])
  assert.deepEqual(numbers('asks'), [1])
  assert.deepEqual(numbers('all', 'B'), [2, 3])
  assert.deepEqual(numbers('all', 'B', 'radio-back'), [3])
})
