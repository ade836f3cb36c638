// An operator takes the posts of one hub to another: signatures and all, beside running hubs, and twice does no harm.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { postSchema, verifyPost } from '#common/post.ts'
import { hubCommand } from '#test/support/hub-command.ts'
import { waitForStored } from '#test/support/link-status.ts'
import { type HubOptions, type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { RedisServer } from '#test/support/redis-server.ts'
import { writeBurst } from '#test/support/traffic.ts'

const stores = {
  'on Redis': async (t: TestContext): Promise<HubOptions> => ({ redisUrl: (await RedisServer.start(t)).url }),
  embedded: async (): Promise<HubOptions> => ({}),
}

for (const [store, options] of Object.entries(stores)) {
  test(`${store}: what a hub exports beside its work another one imports, once, and its cities get it`, async t => {
    await using from = await startHub({ name: 'old hub', ...(await options(t)) })
    await using author = await startEdge({ name: 'City A', hubs: [from] })
    await writeBurst(author, 'old', 1200)
    // Before a city has linked there is no such room.
    await waitForStored(from, 1200)
    await from.post('written at the hub')
    await waitForStored(from, 1201)
    const before = (await from.status()).rooms

    const exported = await hubCommand(from, ['export', '--room', testRoom, '--since', '1h'])
    assert.equal(exported.code, 0, exported.err)
    assert.match(exported.err, /frontrange: 1201 posts written/)
    const posts = await Promise.all(exported.out.trimEnd().split('\n').map(checked))
    assert.deepEqual(
      posts.map(({ guid }) => guid),
      (await from.posts()).map(({ guid }) => guid),
    )
    assert.deepEqual((await from.status()).rooms, before, 'the hub has not noticed')
    await closesEarly(from)

    await using to = await startHub({ name: 'new hub', ...(await options(t)) })
    await using reader = await startEdge({ name: 'City B', hubs: [to] })
    await waitForStored(reader, 0)
    const [, second = '', third = ''] = exported.out.split('\n')
    const damaged = [
      ...exported.out.split('\n').slice(0, -1),
      'no post',
      second.replace('old', 'new'),
      'x'.repeat(20_000),
    ]
    const file = join(to.dir, 'posts.ndjson')
    await writeFile(file, `${damaged.join('\n')}\n${third}\n`)
    if (store === 'embedded') {
      const refused = await hubCommand(to, ['import', file])
      assert.equal(refused.code, 1)
      assert.match(refused.err, /in use by another process; without Redis stop the hub first/)
      await to.stop()
    }
    const imported = await hubCommand(to, ['import', file])
    assert.equal(imported.code, 1)
    assert.match(imported.err, new RegExp(`^${file}:1202: not JSON$`, 'm'))
    assert.match(imported.err, new RegExp(`^${file}:1203: the signature is not`, 'm'))
    assert.match(imported.err, new RegExp(`^${file}:1204: longer than`, 'm'))
    assert.match(imported.err, /^1201 posts stored, 1 were here already, 0 too old, 3 lines refused$/m)
    const again = await hubCommand(to, ['import', '-', '--room', testRoom], exported.out)
    assert.deepEqual([again.code, again.out], [0, ''])
    assert.match(again.err, /^0 posts stored, 1201 were here already, 0 too old, 0 lines refused$/m)
    const none = await hubCommand(to, ['import', '--room', 'elsewhere'], exported.out)
    assert.match(none.err, /^0 posts stored, 0 were here already, 0 too old, 1201 of other rooms, 0 lines refused$/m)
    if (store === 'embedded') await to.run()

    await waitForStored(reader, 1201, 30_000)
    const arrived = await reader.posts()
    assert.deepEqual(arrived.map(({ guid }) => guid).sort(), posts.map(({ guid }) => guid).sort())
  })
}

async function checked(line: string) {
  const post = postSchema.parse(JSON.parse(line))
  assert.ok(await verifyPost(post), 'the signature of a line')
  return post
}

/** As `export … | head -1` does. */
async function closesEarly(hub: HubProgram): Promise<void> {
  const args = ['hub/main.ts', 'export', '--all', '--config', join(hub.dir, 'program.conf')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  child.stderr.on('data', text => {
    told += text
  })
  child.stdout.destroy()
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(30_000) })
  assert.deepEqual([code, told], [0, ''])
}
