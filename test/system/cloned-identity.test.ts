// A memory card was copied: two machines with one identity come by turns. One is served, the other is refused with a clear line.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runToEnd } from '#test/support/program.ts'
import { type EdgeProgram, startEdge, startHub } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { startRelay } from '#test/support/relay.ts'
import { waitFor } from '#test/support/wait-for.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const inUse = /identity in use at 127\.0\.0\.1:\d+ and at 127\.0\.0\.1:\d+: was a memory card copied\?/

async function giveIdentity(from: EdgeProgram, to: EdgeProgram): Promise<void> {
  const path = ({ dir }: EdgeProgram) => join(dir, 'data', 'identity.pem')
  await to.stop()
  await writeFile(path(to), await readFile(path(from)), { mode: 0o600 })
  await to.run()
}

test('of two machines with one identity the second takes over, and the first is kept out, whichever instance it tries', async t => {
  const redis = await RedisServer.start(t)
  await using first = await startHub({ name: 'hub 1', redisUrl: redis.url })
  await using second = await startHub({ name: 'hub 2', redisUrl: redis.url })
  await using relay = await startRelay(second)
  await using original = await startEdge({ name: 'Original', hubs: [first], conf })
  await using clone = await startEdge({ name: 'Clone', conf })
  const linked = async (edge: EdgeProgram) => (await edge.status()).peers[0]?.state === 'connected'
  await waitFor(() => linked(original), { what: 'the original to be linked' })

  await giveIdentity(original, clone)
  const { id } = await original.status()
  assert.equal((await clone.status()).id, id)
  // Now it finds the hub, by another instance.
  const path = join(clone.dir, 'program.conf')
  const hubs = `\n[[federation.hubs]]\nurl = "wss://127.0.0.1:${relay.port}/federation"\nca = "ca.crt"\n`
  await writeFile(path, (await readFile(path, 'utf8')) + hubs)
  await clone.restart()
  await waitFor(() => linked(clone), { what: 'the clone to be linked' })
  await original.waitForLine(
    /^\[WARN\] Federation peer "hub" disconnected \(a newer link of the same identity took over\)$/,
  )
  await first.waitForLine(new RegExp(`^\\[WARN\\] Federation peer "Original" refused: ${inUse.source}$`))
  await original.waitForLine(new RegExp(`^\\[WARN\\] no link to the hub: ${inUse.source}; posts are kept`))

  const line = first.lines.find(text => inUse.test(text)) ?? ''
  const [address] = (await second.status()).peers.map(peer => peer.address)
  assert.ok(address !== undefined && line.includes(`in use at ${address} and at `), `${line} names ${address}`)
  // Both go on serving their rooms; only one of them is federated.
  const own = await original.post('from the original')
  const other = await clone.post('from the clone')
  await waitFor(async () => (await second.posts()).some(({ guid }) => guid === other.guid), {
    what: 'the post of the clone',
  })
  assert.ok((await original.posts()).some(({ guid }) => guid === own.guid))
  assert.deepEqual((await first.status()).peers, [])
  assert.deepEqual(
    (await second.posts()).map(({ guid }) => guid),
    [other.guid],
  )
  const shown = await runToEnd('hub/main.ts', ['spokes', '--config', join(second.dir, 'program.conf')])
  assert.match(shown.out, /IDENTITY IN USE AT 127\.0\.0\.1:\d+ AND AT 127\.0\.0\.1:\d+/)
  assert.ok(((await first.status()).refusedSpokes?.clones ?? 0) > 0)
})
