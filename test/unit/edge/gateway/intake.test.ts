// What was read from the radio on its way into a room: posts of nodes are stored once, echoes of gateways never.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import type { Post } from '#common/post.ts'
import { EchoLedger } from '#edge/gateway/echo-ledger.ts'
import { Intake } from '#edge/gateway/intake.ts'
import { LedgerFeed } from '#edge/gateway/ledger-feed.ts'
import { roomAndWriter } from '#test/support/room-and-writer.ts'

const key = Buffer.from('5a'.repeat(32), 'hex')
const club = { name: '#club', secret: Buffer.alloc(16, 2) }
const ana = 'aabbccdd'
const gateway = '99887766'

function bench() {
  const { log, writer } = roomAndWriter()
  const ledger = new EchoLedger({ keepMs: 600_000 })
  const feed = new LedgerFeed(log, ledger)
  const heard = { room: new Set<string>(), club: new Set<string>() }
  let signs = 0
  const seconds: number[] = []
  const intake = new Intake({
    room: {
      log,
      feed,
      heard: heard.room,
      key,
      name: 'Old room',
      signOfLife: () => (signs += 1),
      stored: second => seconds.push(second),
    },
    channels: [{ log, feed, heard: heard.club, channel: club }],
    ledger,
    writer,
    find: () => undefined,
    isGateway: author => author === gateway,
    isCity: name => ['City B', 'Club: North', 'Hut@Lake'].includes(name),
    now: () => Date.now(),
    log: createLog({ json: true, level: 'silent' }),
  })
  const push = (text: string, { author = ana, from = key.subarray(0, 6), timestamp = 5, type = 2 } = {}) => {
    const signed = type === 2 ? { authorPrefix: Buffer.from(author, 'hex') } : {}
    return intake.hear({ kind: 'direct', from, body: { type, timestamp, text: Buffer.from(text), ...signed } })
  }
  const say = (line: string, { timestamp = 5, channel = club } = {}) =>
    intake.hear({ kind: 'channel', channel, body: { type: 0, timestamp, text: Buffer.from(line) } })
  const posts = async () => (await log.readAfter(0, 100)).map(({ json }) => JSON.parse(json) as Post)
  return { log, writer, intake, push, say, heard, posts, seconds, signs: () => signs }
}

test('a push and a line become posts, once each, however often they are heard', async () => {
  const { push, say, posts, intake, heard, signs } = bench()
  for (let i = 0; i < 2; i += 1) {
    await push('hello')
    await say('Ana: hello')
  }
  const all = await posts()
  assert.deepEqual(
    all.map(({ source, author, text }) => [source, author.name, text]),
    [
      ['lora', ana, 'hello'],
      ['channel', 'Ana', 'hello'],
    ],
  )
  assert.deepEqual(intake.counts, { posts: 2, duplicates: 2, echoes: 0 })
  assert.ok(heard.room.has(all[0]?.guid ?? '') && heard.club.has(all[1]?.guid ?? ''))
  assert.equal(signs(), 2)
})

test('an author who is a gateway is never exported, whatever he says', async () => {
  const { push, posts, intake } = bench()
  await push('Ben@City X: hello', { author: gateway })
  await push('hello', { author: gateway })
  assert.deepEqual([await posts(), intake.counts.echoes], [[], 2])
})

test('what quotes a post of the room is its echo, in the room server and in the channel', async () => {
  const { push, say, posts, writer, log, heard, intake } = bench()
  const { guid } = await writer.write(log, { text: 'all clear', author: { name: 'Ben' }, source: 'client' })
  await push('Ben@City X: all clear')
  await say('GW: Ben: all clear')
  assert.equal((await posts()).length, 1)
  assert.ok(heard.room.has(guid) && heard.club.has(guid))
  assert.equal(intake.counts.echoes, 2)
})

test('in a channel the form in which gateways quote is enough, before the post itself is here', async () => {
  const { say, posts } = bench()
  await say('GW: Ben@City B: not here yet')
  await say('GW: Ben@Elsewhere: a node may write so', { timestamp: 6 })
  await say('GW: Ben@Club: North: nor this', { timestamp: 7 })
  await say('GW: B@n@Hut@Lake: nor: that', { timestamp: 8 })
  assert.deepEqual(
    (await posts()).map(({ text }) => text),
    ['Ben@Elsewhere: a node may write so'],
  )
})

test('texts to the radio itself, of other rooms and channels, and plain ones are no posts', async () => {
  const { push, say, posts, signs } = bench()
  await push('hi', { from: Buffer.alloc(6, 1) })
  await push('hi', { type: 0 })
  await say('Ana: hi', { channel: { ...club } })
  await say(' ')
  assert.deepEqual([await posts(), signs()], [[], 1])
})

test('what cannot be stored is said to be so, that it is tried again', async () => {
  const { push, log, posts, seconds } = bench()
  log.unavailable = true
  await assert.rejects(push('hello', { timestamp: 8 }), StoreUnavailableError)
  assert.deepEqual(seconds, [])
  log.unavailable = false
  await push('hello', { timestamp: 8 })
  assert.deepEqual([(await posts()).length, seconds], [1, [8]])
})
