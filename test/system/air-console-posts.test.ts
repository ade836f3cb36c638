// Net control writes at the hub's console: the city tells how far that is on its way to the air, and what its radio does.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ListeningHub } from '#test/support/listening-hub.ts'
import { runToEnd } from '#test/support/program.ts'
import { airDeadlineMs, startRadioCity } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = airDeadlineMs

test('a post of net control waits, goes on the air, and passes where nobody is or the room is off the air', async t => {
  await using hub = await ListeningHub.start()
  const room = { latitude: 39.74, longitude: -104.99 }
  await using city = await startRadioCity({ name: 'City A', hubs: [hub], conf: { room } })
  await waitFor(() => hub.self?.radio?.state === 'ready', { what: 'the radio to be told of', deadlineMs })
  assert.deepEqual(hub.self?.position, room)
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
  const waited = hub.reports.find(({ report }) =>
    report.rooms?.some(({ air }) => air.some(told => told.guid === guid && told.state === 'waiting')),
  )
  assert.ok(waited !== undefined && waited.at - writtenAt < 5000)
  t.diagnostic(`waiting was told after ${Math.round(waited.at - writtenAt)} ms`)
  assert.ok(ana.pushes.some(({ text }) => text.endsWith('PRIORITY: Evacuate')))

  await runToEnd('edge/main.ts', ['rf', 'off', '--config', join(city.edge.dir, 'program.conf')])
  await waitFor(() => hub.room?.rf === false, { what: 'the switch to be told of', deadlineMs })
  const off = await hub.write('Nobody hears this')
  await waitFor(() => hub.airOf(off) === 'passed', { what: 'it to pass', deadlineMs })
  assert.equal(hub.airOf(guid), 'on-air')

  await city.edge.restart()
  const before = hub.reports.length
  await waitFor(() => hub.reports.length > before && hub.airOf(guid) === 'on-air', { what: 'a new link', deadlineMs })
  const apart = hub.reports.slice(1).map(({ at }, i) => at - (hub.reports[i]?.at ?? 0))
  assert.ok(apart.filter(ms => ms < 1500).length <= 1, `${apart.map(Math.round)}`)
})
