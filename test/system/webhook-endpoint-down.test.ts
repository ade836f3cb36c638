// A webhook's endpoint is down, and the instance that delivers dies in the middle: every post arrives, in order, and what comes twice has one id.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeCertificate, testAuthority } from '#test/support/certificates.ts'
import { freePort } from '#test/support/free-port.ts'
import { hubCommand } from '#test/support/hub-command.ts'
import { type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { startStream, writeBurst, writerTo } from '#test/support/traffic.ts'
import { waitFor } from '#test/support/wait-for.ts'
import { type Received, WebhookReceiver } from '#test/support/webhook-receiver.ts'

const deadlineMs = 90_000
const key = Buffer.alloc(32, 42)
const secret = `whsec_${key.toString('base64')}`
const tls = makeCertificate({ names: ['localhost'], ca: testAuthority() })

/** An hour of an endpoint that is down takes seconds when the tries are at most one second apart. */
function confOf(port: number, more: Record<string, boolean> = {}) {
  const url = `https://localhost:${port}/hook?token=hidden`
  return { webhooks: [{ name: 'bot', url, secret, allow_private: true, retry_max_seconds: 1, ...more }] }
}

/** The receiver's certificate is of an authority that the system does not know. */
async function authorityEnv(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'mcfed-webhook-ca-'))
  t.after(() => rm(dir, { recursive: true }))
  const path = join(dir, 'ca.crt')
  await writeFile(path, testAuthority().cert)
  return { NODE_EXTRA_CA_CERTS: path }
}

async function begun(hub: HubProgram): Promise<void> {
  const hasRun = async () => (await hub.status()).jobs?.some(({ name, runs }) => name === 'webhook-bot' && runs > 0)
  await waitFor(hasRun, { what: 'the webhook to begin', deadlineMs })
}

/** The one of these programs that has the other end of a connection from `port` on this machine. */
async function ownerOf(port: number, hubs: readonly HubProgram[]): Promise<HubProgram | undefined> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map(row => row.trim().split(/\s+/))
  const inode = rows.find(([, local]) => local === `0100007F:${hex}`)?.[9]
  for (const hub of hubs) {
    const fds = await readdir(`/proc/${hub.pid}/fd`)
    const links = await Promise.all(fds.map(fd => readlink(`/proc/${hub.pid}/fd/${fd}`).catch(() => '')))
    if (links.includes(`socket:[${inode}]`)) return hub
  }
  return undefined
}

function assertNothingHidden(hub: HubProgram): void {
  const log = hub.lines.join('\n')
  assert.doesNotMatch(log, /hidden/)
  assert.ok(!log.includes(secret))
}

test('two instances, the endpoint down, the instance that delivers killed in the middle', async t => {
  const redis = await RedisServer.start(t)
  const port = await freePort()
  const conf = confOf(port)
  const env = await authorityEnv(t)
  await using hub1 = await startHub({ name: 'hub 1', redisUrl: redis.url, conf, env })
  await using hub2 = await startHub({ name: 'hub 2', redisUrl: redis.url, conf, env })
  const hubs = [hub1, hub2]
  await begun(hub1)
  await using city = await startEdge({ name: 'City A', hubs, conf: { federation: { reconnect_max_seconds: 1 } } })

  // Nobody listens at the port.
  const early = await writeBurst(city, 'early', 120)
  await Promise.any(
    hubs.map(hub => hub.waitForLine(/cannot be delivered to localhost:\d+: the connection was refused/, deadlineMs)),
  )
  const stream = startStream(writerTo(city), 'stream')
  await stream.flows(30)

  // The first batch that comes is left without an answer, and whoever sent it dies.
  const receiver = await WebhookReceiver.start({ key, tls, port })
  await using _ = receiver
  let cut: Omit<Received, 'status'> | undefined
  const senderPort = new Promise<number>(resolve => {
    receiver.answer = received => {
      if (cut !== undefined) return 204
      cut = received
      return response => resolve(response.socket?.remotePort ?? 0)
    }
  })
  const sender = await ownerOf(await senderPort, hubs)
  assert.ok(sender !== undefined)
  const survivor = sender === hub1 ? hub2 : hub1
  await sender.kill('SIGKILL')
  await waitFor(() => receiver.accepted.length, { what: 'the other instance to deliver', deadlineMs })
  await stream.flows(30)
  await sender.run()
  await stream.flows(10)
  await stream.stop()

  const all = new Set([...early, ...stream.acked])
  const distinct = () => new Set(receiver.texts(testRoom))
  await waitFor(() => distinct().size, { what: 'every post', deadlineMs, until: size => size >= all.size })
  assert.deepEqual([...distinct()].toSorted(), [...all].toSorted())
  const offsets = receiver.accepted.flatMap(({ posts }) => posts.map(({ offset }) => offset))
  const ids = new Map(receiver.received.map(({ id, posts }) => [id, posts.map(({ guid }) => guid).join()]))
  for (const { id, posts, isSigned } of receiver.received) {
    assert.equal(ids.get(id), posts.map(({ guid }) => guid).join())
    assert.ok(isSigned)
  }
  const [again] = receiver.accepted
  assert.equal(again?.id, cut?.id)
  assert.deepEqual(again?.posts, cut?.posts)
  assert.deepEqual(
    offsets.filter((offset, i) => offset > (offsets[i - 1] ?? 0)),
    [...new Set(offsets)],
  )
  await waitFor(async () => (await survivor.status()).webhooks?.[0]?.waitingPosts === 0, { what: 'nothing to wait' })
  const { out } = await hubCommand(survivor, ['webhooks'])
  assert.match(out, /^bot: works\n {2}last success \d{4}-.*; 0 posts wait\n {2}last error .*\n {2}0 posts given up/)
  for (const hub of hubs) assertNothingHidden(hub)
})

test('an embedded hub: posts that are refused are given up, listed, and sent again when asked for', async () => {
  const receiver = await WebhookReceiver.start({ key })
  await using _ = receiver
  const url = `http://127.0.0.1:${receiver.port}/hook?token=hidden`
  const conf = { webhooks: [{ ...confOf(0).webhooks[0], url }] }
  await using hub = await startHub({ conf })
  await begun(hub)
  await using city = await startEdge({ name: 'City A', hubs: [hub] })
  const isBad = ({ posts }: Omit<Received, 'status'>) => posts.some(({ text }) => text === 'bad')
  receiver.answer = received => (isBad(received) ? 422 : 200)
  const command = (...words: string[]) => hubCommand(hub, ['webhooks', ...words])

  await city.post('bad')
  await hub.waitForLine(
    /\[WARN\] Webhook "bot": posts 1 to 1 of room "frontrange" are given up \(HTTP 422\)/,
    deadlineMs,
  )
  await city.post('good')
  await waitFor(() => receiver.texts(testRoom), {
    what: 'the next post',
    deadlineMs,
    until: texts => texts.includes('good'),
  })
  assert.equal(receiver.received.filter(({ status }) => status === 422).length, 5)
  const list = await command()
  assert.match(list.out, /^bot: works\n {2}last success \d{4}-.*; 0 posts wait\n {2}last error .*: HTTP 422\n/)
  assert.match(list.out, /\n {2}1 posts given up that can be sent again, 1 ever given up\n$/)

  // A hub that was restarted knows them still.
  await hub.restart()
  receiver.answer = () => 200
  assert.equal((await command('retry', 'bot')).code, 0)
  await waitFor(() => receiver.texts(testRoom), {
    what: 'what was given up',
    deadlineMs,
    until: texts => texts.includes('bad'),
  })
  await waitFor(async () => (await hub.status()).webhooks?.[0]?.dead.ranges === 0, { what: 'an empty list' })
  assert.equal((await command('retry', 'nobody')).code, 1)
  assert.deepEqual(new Set(receiver.texts(testRoom)), new Set(['good', 'bad']))
  assertNothingHidden(hub)
})
