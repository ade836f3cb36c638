// An alert of the hub's upkeep comes to the webhooks that want alerts, once, and to no others.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readHubConf } from '#common/config/hub-conf.ts'
import { openStore } from '#hub/store/open-store.ts'
import { startUpkeep } from '#hub/upkeep/start-upkeep.ts'
import { silentLog } from '#test/support/api-server.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { WebhookReceiver } from '#test/support/webhook-receiver.ts'

const key = Buffer.from('a_plain_secret_that_both_ends_know')

async function hubWith(t: TestContext, receiver: WebhookReceiver) {
  const dir = await mkdtemp(join(tmpdir(), 'mcfed-webhook-alerts-'))
  const hook = (name: string, more: string) =>
    `[[webhooks]]\nname = "${name}"\nurl = "${receiver.url}"\nsecret = "${key}"\nallow_private = true\n${more}\n`
  const text = `listen = "127.0.0.1:0"\nfederation_secret = "${'0123456789abcdef'.repeat(4)}"\ndata_dir = "data"\n${hook('alarm', 'posts = false\nalerts = true')}${hook('posts', '')}`
  await writeFile(join(dir, 'hub.conf'), text, { mode: 0o600 })
  const conf = readHubConf(join(dir, 'hub.conf'))
  const store = await openStore(conf, silentLog, 'test')
  const network = { cities: async () => [], jobs: [] }
  const upkeep = await startUpkeep({ conf, store, log: silentLog, now: Date.now, certificate: undefined, network })
  t.after(async () => {
    await upkeep.close()
    await store.close()
    await rm(dir, { recursive: true })
  })
  const haveBegun = async () => {
    const jobs = (await upkeep.facts.status()).filter(({ name }) => name.startsWith('webhook-'))
    return jobs.length === 2 && jobs.every(({ runs }) => runs > 0)
  }
  await waitFor(haveBegun, { what: 'both webhooks to begin' })
  return upkeep.alerts
}

test('alerts come in order to the webhook that wants them', async t => {
  await using receiver = await WebhookReceiver.start({ key })
  const alerts = await hubWith(t, receiver)
  const told = () => receiver.accepted.flatMap(({ alerts: list }) => list.map(({ text }) => text))
  await alerts.raise({ kind: 'test', text: 'City B is silent' })
  await waitFor(told, { what: 'the first alert', until: texts => texts.length > 0 })
  await alerts.raise({ kind: 'test', text: 'City B is back', level: 'info' })
  await waitFor(told, { what: 'the second alert', until: texts => texts.length > 1 })
  assert.deepEqual(told(), ['City B is silent', 'City B is back'])
  assert.ok(
    receiver.received.every(({ isSigned, webhook, type }) => isSigned && webhook === 'alarm' && type === 'alerts'),
  )
})
