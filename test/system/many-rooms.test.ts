// A server with many rooms says where it stands in each of them at once, while the hub still makes place for it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linksOf, waitForLinks } from '#test/support/link-status.ts'
import { startHub } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { RedisServer } from '#test/support/redis-server.ts'

const roomCount = 200

test('a link of 200 rooms is not taken for somebody who talks too much before the proof', async t => {
  const redis = await RedisServer.start(t)
  await using hub = await startHub({ redisUrl: redis.url })
  const rooms = Array.from({ length: roomCount }, (_, n) => `room-${n}`)
  await using raw = await RawLink.connect({ port: hub.port, rooms })
  // As an edge does: behind its proof, before anything has come back.
  for (const room of rooms)
    raw.send({ t: 'resume', n: 1, rooms: { [room]: { cursor: null, epoch: raw.epoch, ended: {} } } })
  await raw.waitForFrame('start', ({ room }) => room === rooms.at(-1))
  assert.equal(raw.ended, undefined)
  await waitForLinks(hub, 1)
  assert.deepEqual(Object.keys(await linksOf(hub)), ['raw'])
})
