// The lines operators grep for, byte for byte as the federation page shows them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EdgeProgram, type HubProgram, startEdge, startHub } from '#test/support/programs.ts'
import { writeBurst } from '#test/support/traffic.ts'

const conf = { room: { name: 'A room' }, federation: { server_name: 'City B', reconnect_max_seconds: 1 } }

/** City B writes 1,204 posts, then finds the hub; then it leaves. */
async function lifeOfALink(hub: HubProgram): Promise<void> {
  await hub.stop()
  await using city: EdgeProgram = await startEdge({ name: 'any', hubs: [hub], conf })
  await writeBurst(city, 'kept', 1204)
  await hub.run()
  await hub.waitForLine(/caught up/)
  await city.stop()
  await hub.waitForLine(/disconnected/)
}

const said = (hub: HubProgram) => hub.lines.filter(line => line.includes('Federation peer'))

test('plain text', async () => {
  await using hub = await startHub()
  await lifeOfALink(hub)
  const [connected, caughtUp, disconnected, ...more] = said(hub)
  assert.match(connected ?? '', /^\[INFO\] Federation peer "City B" connected \(TLS, latency [1-9]\d*ms\)$/)
  assert.match(caughtUp ?? '', /^\[INFO\] Federation peer "City B" caught up \(1,204 posts in \d+\.\ds\)$/)
  assert.match(disconnected ?? '', /^\[WARN\] Federation peer "City B" disconnected \([^()]+\)$/)
  assert.deepEqual(more, [])
  assert.ok(hub.lines.every(line => /^\[(INFO|WARN|ERROR)\] /.test(line)))
})

test('JSON with LOG_FORMAT=json', async () => {
  await using hub = await startHub({ env: { LOG_FORMAT: 'json' } })
  await lifeOfALink(hub)
  const records = said(hub).map(line => JSON.parse(line))
  assert.deepEqual(
    records.map(({ level }) => level),
    ['info', 'info', 'warn'],
  )
  const [connected, caughtUp, disconnected] = records.map(({ msg }) => msg)
  assert.match(connected, /^Federation peer "City B" connected \(TLS, latency [1-9]\d*ms\)$/)
  assert.match(caughtUp, /^Federation peer "City B" caught up \(1,204 posts in \d+\.\ds\)$/)
  assert.match(disconnected, /^Federation peer "City B" disconnected \([^()]+\)$/)
  for (const line of hub.lines) assert.equal(typeof JSON.parse(line).time, 'number')
  assert.equal(new Set(records.map(({ facts }) => facts.id)).size, 1)
  for (const { facts } of records) assert.deepEqual([facts.peer, facts.role], ['City B', 'edge'])
  assert.deepEqual([records[1].facts.posts, typeof records[0].facts.latencyMs], [1204, 'number'])
})
