// Somebody pulls the radio's cable in mid-traffic: what people write meanwhile waits, and nothing is promised to nobody.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { alertSchema } from '#common/alerts/alerts.ts'
import type { IslandNode } from '#infra/island/node.ts'
import type { ApiClient } from '#test/support/api-client.ts'
import { startHub } from '#test/support/programs.ts'
import { airDeadlineMs, pushed, startRadioCity, textsAt, textsHeardBy } from '#test/support/radio-city.ts'
import { waitFor } from '#test/support/wait-for.ts'

/** Longer than the longest wait between two looks for the port. */
const outageMs = 60_000
const alertsSchema = z.object({ alerts: z.array(alertSchema) })

function until(probe: () => boolean | Promise<boolean>, what: string): Promise<unknown> {
  return waitFor(probe, { what, deadlineMs: airDeadlineMs })
}

/** Whom three pushes in a row have missed, the room leaves alone until it hears of him: his owner looks in now and then. */
function hears(node: IslandNode, text: string): Promise<unknown> {
  const isThere = () => node.texts.includes(text)
  const looksIn = async () => {
    if (await waitFor(isThere, { what: text, deadlineMs: 8000 }).catch(() => false)) return true
    await node.keepAlive()
    return isThere()
  }
  return until(looksIn, `"${text}" at ${node.name}`)
}

async function troubles(api: ApiClient): Promise<string> {
  const { alerts } = alertsSchema.parse(await api.get('/api/v1/alerts'))
  return alerts.map(({ kind }) => kind).join()
}

test('the modem is unplugged in mid-traffic, and plugged in again', async () => {
  await using hub = await startHub()
  await using city = await startRadioCity({ hubs: [hub] })
  const { edge, modem } = city
  for (const text of ['one', 'two', 'three']) await edge.post(text)
  const [ana, ben] = [await city.member('Ana'), await city.member('Ben')]
  // The rest of the three is under way, or waits for its turn.
  await pushed(ben, 1)
  const plugged = edge.lineCount
  await modem.unplug()
  await edge.waitForLine(/Radio at .* is not there/, airDeadlineMs, plugged)
  const timestamp = Math.floor(Date.now() / 1000) + 10
  const unheard = await ana.post('is anybody there?', { timestamp, tries: 1 })
  assert.equal(unheard.isAcked, false)
  await edge.post('from the desk')
  await delay(outageMs)
  assert.deepEqual(await textsAt(edge), ['one', 'two', 'three', 'from the desk'])
  assert.equal((await edge.status()).radio?.state, 'opening')
  for (const { api } of [edge, hub]) await until(async () => (await troubles(api)) === 'radio-gone', 'the alert')

  const before = edge.lineCount
  await modem.replug()
  await edge.waitForLine(/Radio at .* is ready/, airDeadlineMs, before)
  const isAcked = async () => (await ana.post('is anybody there?', { timestamp })).isAcked
  await until(isAcked, 'the ACK of the post of the outage')
  await hears(ana, 'tester: from the desk')
  await hears(ben, 'is anybody there?')
  const desk = ['one', 'two', 'three', 'from the desk'].map(text => `tester: ${text}`)
  assert.deepEqual(textsHeardBy(ana), desk)
  assert.deepEqual(textsHeardBy(ben), [...desk, 'is anybody there?'])
  assert.deepEqual(await textsAt(edge), ['one', 'two', 'three', 'from the desk', 'is anybody there?'])
  const { radio } = await edge.status()
  assert.ok(radio?.state === 'ready' && radio.reopened > 0)
})
