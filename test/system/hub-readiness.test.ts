// Why a hub is not ready: each reason that can be provoked, as hub/README.md has it, and ready again when it is mended.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { waitForLinks } from '#test/support/link-status.ts'
import { type HubProgram, startEdge, startHub } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { waitFor } from '#test/support/wait-for.ts'

const readme = readFileSync(new URL('../../hub/README.md', import.meta.url), 'utf8')
/** Beginnings of reasons, from the table. */
const documented = [...readme.matchAll(/^\| `((?:Redis: |the disk|the database|this instance)[^`]*)…?` \|/gm)].map(
  ([, reason = '']) => reason.replace(/…$/, ''),
)

test('each reason is in the documentation, and goes when its cause does', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url, conf: { limits: { store_timeout_seconds: 1 } } })
  await isReady(hub)

  redis.freeze()
  await isNotReady(hub, /^Redis: no answer in time/)
  redis.thaw()
  await isReady(hub)

  await redis.cli('REPLICAOF', '127.0.0.1', '1')
  await isNotReady(hub, /^Redis: READONLY/)
  await redis.cli('REPLICAOF', 'NO', 'ONE')
  await isReady(hub)

  await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
  await isNotReady(hub, /^Redis: it is full \(OOM\)/)
  await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
  await isReady(hub)

  await redis.kill()
  await isNotReady(hub, /^Redis: (?:connect ECONNREFUSED|the connection was lost)/)
  await redis.start()
  await isReady(hub)

  await using city = await startEdge({ hubs: [hub] })
  await waitForLinks(hub, 1)
  // It cannot say goodbye.
  city.freeze()
  const stopping = hub.stop()
  await isNotReady(hub, /^this instance is about to stop/)
  assert.equal(await stopping, 0)
})

async function isNotReady(hub: HubProgram, pattern: RegExp): Promise<void> {
  const answer = async () => {
    const { status, text } = await hub.api.send({ path: '/readyz' })
    return { status, reason: String(JSON.parse(text).reasons[0] ?? '') }
  }
  const { reason } = await waitFor(answer, {
    what: `${pattern}`,
    until: ({ status, reason }) => status === 503 && pattern.test(reason),
  })
  assert.ok(
    documented.some(begin => reason.startsWith(begin)),
    `hub/README.md does not have "${reason}"`,
  )
  assert.ok(await hub.api.isOk('/livez'))
}

async function isReady(hub: HubProgram): Promise<void> {
  await waitFor(() => hub.api.isOk('/readyz'), { what: 'the hub to be ready', deadlineMs: 15_000 })
}
