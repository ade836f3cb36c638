// Net control writes at the hub's console: the city tells how far that is on its way to the air, and what its radio does.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Deliveries, Network, NetworkHistory } from '#common/network.ts'
import { ListeningHub } from '#test/support/listening-hub.ts'
import { runToEnd } from '#test/support/program.ts'
import { testRoom } from '#test/support/programs.ts'
import { airDeadlineMs, type RadioCity, startRadioCity } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = airDeadlineMs
const place = { latitude: 39.74, longitude: -104.99 }
/** A post lies for longer than it takes to be told of. */
const conf = { room: place, radio: { push_hold_seconds: 8 } }

/** By the edge's own word. */
async function atEdge({ edge }: RadioCity, guid: string): Promise<Record<string, string>> {
  const answer = await edge.api.get(`/api/v1/rooms/${testRoom}/posts/${guid}/deliveries`)
  return Object.fromEntries((answer as Deliveries).cities.map(({ id, state }) => [id, state]))
}

/** What a report says of a post. */
function airIn({ report }: ListeningHub['reports'][number], guid: string): string | undefined {
  return report.rooms?.flatMap(({ air }) => air).find(told => told.guid === guid)?.state
}

/** The edge knows itself as the hub does, and its hub. */
async function pictureOf({ edge }: RadioCity, hub: ListeningHub): Promise<void> {
  const { cities, server, at, ids } = (await edge.api.get('/api/v1/network')) as Network
  const own = cities.find(({ id }) => id === server.id)
  assert.deepEqual(
    ids,
    cities.map(({ id }) => id),
  )
  assert.deepEqual([own?.self?.radio?.state, own?.self?.position, server.position], ['ready', place, place])
  assert.deepEqual(own?.rooms[0]?.stored?.epoch, hub.log.head.epoch)
  assert.deepEqual(cities.find(({ id }) => id === hub.id)?.connected, true)
  const later = (await edge.api.get(`/api/v1/network?since=${at}`)) as Network
  assert.ok(later.at >= at && later.cities.every(({ id }) => ids.includes(id)))
  const history = async () => (await edge.api.get(`/api/v1/history?id=${hub.id}`)) as NetworkHistory
  const isSampled = ({ samples }: NetworkHistory) => samples[hub.id]?.length === 1
  await waitFor(history, { what: 'the first sample', deadlineMs, until: isSampled })
}

test('a post of net control waits, goes on the air, and passes where nobody is or the room is off the air', async t => {
  await using hub = await ListeningHub.start()
  await using city = await startRadioCity({ name: 'City A', hubs: [hub], conf })
  await waitFor(() => hub.self?.radio?.state === 'ready', { what: 'the radio to be told of', deadlineMs })
  assert.deepEqual(hub.self?.position, place)
  assert.deepEqual(
    hub.self?.links.map(({ id, role, state }) => ({ id, role, state })),
    [{ id: hub.id, role: 'hub', state: 'connected' }],
  )
  const alone = await hub.write('Is anybody there?')
  await waitFor(() => hub.airOf(alone) === 'passed', { what: 'nobody to be there', deadlineMs })
  assert.deepEqual(hub.room?.stored, { epoch: hub.log.head.epoch, offset: hub.log.head.head })

  const ana = await city.member('Ana')
  await waitFor(() => hub.airOf(alone) === 'on-air', { what: 'what Ana has asked for to be told of', deadlineMs })
  assert.deepEqual([hub.room?.members, hub.room?.rf], [1, true])
  const writtenAt = performance.now()
  const guid = await hub.write('PRIORITY: Evacuate')
  await waitFor(() => hub.airOf(guid) === 'on-air', { what: 'it to be on the air', deadlineMs })
  const waited = hub.reports.find(report => airIn(report, guid) === 'waiting')
  assert.ok(waited !== undefined && waited.at - writtenAt < 8000)
  t.diagnostic(`waiting was told after ${Math.round(waited.at - writtenAt)} ms`)
  const own = (await city.edge.status()).id
  assert.deepEqual(await atEdge(city, guid), { [own]: 'on-air', [hub.id]: 'stored' })
  const here = (await city.edge.post('Written here')).guid
  await waitFor(() => atEdge(city, here), { what: 'it to be at the hub', until: states => states[hub.id] === 'stored' })
  await pictureOf(city, hub)
  assert.ok(ana.pushes.some(({ text }) => text.endsWith('PRIORITY: Evacuate')))

  await runToEnd('edge/main.ts', ['rf', 'off', '--config', join(city.edge.dir, 'program.conf')])
  await waitFor(() => hub.room?.rf === false, { what: 'the switch to be told of', deadlineMs })
  const off = await hub.write('Nobody hears this')
  await waitFor(() => hub.airOf(off) === 'passed', { what: 'it to pass', deadlineMs })
  assert.equal(hub.airOf(guid), 'on-air')

  await city.edge.stop()
  const before = hub.reports.length
  await city.edge.run()
  const isTold = () => hub.reports.slice(before).some(report => airIn(report, guid) === 'on-air')
  await waitFor(isTold, { what: 'a new link', deadlineMs })
  // The first one over a link comes at once, the others two seconds apart; one may be late, and the next is not.
  const tookMs = (hub.reports.at(-1)?.at ?? 0) - (hub.reports[0]?.at ?? 0)
  assert.ok(hub.reports.length <= tookMs / 2000 + 3, `${hub.reports.length} reports in ${Math.round(tookMs)} ms`)
})
