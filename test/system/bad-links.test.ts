// Whatever comes in at /federation, from strangers and from proved servers: the hub ends that link, or shrugs, and nobody else notices.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type WebSocket from 'ws'
import { newEpoch } from '#common/cursor.ts'
import { newGuid, packGuids } from '#common/guid.ts'
import { encodeFrame } from '#common/protocol/codec.ts'
import { frameBytesMax } from '#common/protocol/frames.ts'
import { linksOf, waitForLinks } from '#test/support/link-status.ts'
import { type EdgeProgram, type HubProgram, startEdge, startHub, testRoom } from '#test/support/programs.ts'
import { helloOf, newSelf } from '#test/support/prove-anyway.ts'
import { openRawSocket, RawLink } from '#test/support/raw-link.ts'
import { expectEverywhere, type Stream, startStream, writerTo } from '#test/support/traffic.ts'

const conf = { federation: { reconnect_max_seconds: 1 } }
const stack = new AsyncDisposableStack()
let hub: HubProgram
let edges: EdgeProgram[]
let stream: Stream
let links: Record<string, string>

// Healthy edges talk all the time, and are looked at in the end.
before(async () => {
  hub = stack.use(await startHub())
  edges = []
  for (const name of ['City A', 'City B']) edges.push(stack.use(await startEdge({ name, hubs: [hub], conf })))
  await waitForLinks(hub, edges.length)
  links = await linksOf(hub)
  stream = startStream(writerTo(edges[0] as EdgeProgram), 'healthy', 2)
})
after(() => stack.disposeAsync())

const brokenUtf8 = Buffer.from('{"t":"ping","n":\xff}', 'latin1')
const tooBig = JSON.stringify({ t: 'ping', n: 1, padding: 'x'.repeat(frameBytesMax) })
const hello = (changes = {}) => encodeFrame(helloOf(newSelf(), changes))
const asText = { binary: false }

interface Attack {
  send: (ws: WebSocket) => void
  code: number
  /** In the log of the hub. */
  says?: RegExp
}

const beforeTheProof: Record<string, Attack> = {
  'not JSON': { send: ws => ws.send('hello?'), code: 4400, says: /frame is not JSON/ },
  'no name': { send: ws => ws.send('{"t":1}'), code: 4400, says: /frame has no name in "t"/ },
  'no object': { send: ws => ws.send('null'), code: 4400, says: /frame has no name in "t"/ },
  'a malformed hello': { send: ws => ws.send('{"t":"hello"}'), code: 4400, says: /frame "hello": versions: / },
  'a binary frame': {
    send: ws => ws.send(Buffer.from(hello())),
    code: 4400,
    says: /binary frames are not spoken here/,
  },
  'broken UTF-8': { send: ws => ws.send(brokenUtf8, asText), code: 1007 },
  'a frame too big': { send: ws => ws.send(tooBig), code: 1009 },
  'a ping first': { send: ws => ws.send('{"t":"ping","n":1}'), code: 4400, says: /expected "hello" while linking/ },
  'an unknown frame first': {
    send: ws => ws.send('{"t":"salut"}'),
    code: 4400,
    says: /expected "hello" while linking/,
  },
  'posts instead of a proof': {
    send: ws => {
      ws.send(hello())
      ws.send(JSON.stringify({ t: 'posts', room: testRoom, epoch: newEpoch(), after: 0, next: 1, posts: [{}] }))
    },
    code: 4400,
    says: /expected "proof" while linking/,
  },
  'another version': {
    send: ws => ws.send(hello({ versions: [2, 3] })),
    code: 4400,
    says: /no version of the protocol in common: "raw" speaks 2, 3, "hub" speaks 1; upgrade "hub"/,
  },
  'a name with control characters': {
    send: ws => ws.send(hello({ name: 'x\n[INFO] y' })),
    code: 4400,
    says: /frame "hello": name: /,
  },
}

async function assertRefused(ws: WebSocket, { send, code, says }: Attack): Promise<void> {
  const lines = hub.lineCount
  const closed = once(ws, 'close', { signal: AbortSignal.timeout(30_000) })
  send(ws)
  assert.equal((await closed)[0], code)
  if (says !== undefined) await hub.waitForLine(says, 30_000, lines)
}

for (const [what, attack] of Object.entries(beforeTheProof))
  test(`before the proof: ${what}`, async () => assertRefused((await openRawSocket(hub.port)).ws, attack))

test('before the proof: the identity of the hub itself', async () => {
  const { id } = await hub.status()
  const send = (ws: WebSocket) => ws.send(hello({ id }))
  const says = /has our own identity: two servers share one key file/
  await assertRefused((await openRawSocket(hub.port)).ws, { send, code: 4409, says })
})

test('before the proof: more frames than a link could need', async () => {
  const { ws } = await openRawSocket(hub.port)
  const send = () => {
    for (let i = 0; i < 2000; i += 1) ws.send(hello())
  }
  await assertRefused(ws, { send, code: 4400, says: /link from .* refused: / })
})

const range = { room: testRoom, epoch: newEpoch(), after: 0, next: 2000 }
const posts = (room: string) => JSON.stringify({ t: 'posts', ...range, room, posts: [] })
const guids = (count: number) => Array.from({ length: count }, newGuid)

const onALink: Record<string, Attack> = {
  'not JSON': { send: ws => ws.send('posts!'), code: 4400, says: /"raw" disconnected \(frame is not JSON\)/ },
  'a malformed frame': { send: ws => ws.send('{"t":"ack"}'), code: 4400, says: /disconnected \(frame "ack": room: / },
  'a binary frame': { send: ws => ws.send(Buffer.from('{"t":"ping","n":1}')), code: 4400 },
  'broken UTF-8': { send: ws => ws.send(brokenUtf8, asText), code: 1007 },
  'a frame too big': { send: ws => ws.send(tooBig), code: 1009 },
  'a second hello': { send: ws => ws.send(hello()), code: 4400, says: /"hello" does not belong on a live link/ },
  'posts of a room that was not granted': {
    send: ws => ws.send(posts('elsewhere')),
    code: 4400,
    says: /room "elsewhere" was not granted for writing/,
  },
  'posts of no room': { send: ws => ws.send(posts('__proto__')), code: 4400, says: /frame "posts": room: / },
  'a resume of a room that was not granted': {
    send: ws =>
      ws.send(
        JSON.stringify({ t: 'resume', n: 1, rooms: { elsewhere: { cursor: null, epoch: newEpoch(), ended: {} } } }),
      ),
    code: 4400,
    says: /room "elsewhere" was not granted for reading/,
  },
  'an offer of 1,001 posts': {
    send: ws => ws.send(JSON.stringify({ t: 'offer', ...range, guids: packGuids(guids(1001)) })),
    code: 4400,
    says: /frame "offer": guids: /,
  },
  'a gap that ends before it begins': {
    send: ws => ws.send(JSON.stringify({ t: 'gap', ...range, from: 5, to: 1, why: 'trimmed' })),
    code: 4400,
    says: /disconnected \(gap from 5 to 1\)/,
  },
  'a resume whose room names are lines of a log': {
    send: ws => ws.send(JSON.stringify({ t: 'resume', n: 1, rooms: { '\n[INFO] all is well': {} } })),
    code: 4400,
    says: /frame "resume": /,
  },
}

for (const [what, attack] of Object.entries(onALink))
  test(`on a link: ${what}`, async () => {
    await using raw = await RawLink.connect({ port: hub.port })
    await raw.waitForFrame('resume')
    await assertRefused(raw.ws, attack)
  })

test('on a link: frames of a newer version, acks of another epoch and answers that nobody asked for are passed over', async () => {
  await using raw = await RawLink.connect({ port: hub.port })
  raw.ws.send('{"t":"salut","n":1}')
  raw.ws.send('{"t":"ping","n":1,"more":true}')
  await raw.follow()
  const { epoch, head } = await raw.waitForFrame('start')
  raw.send({ t: 'ack', room: testRoom, epoch: newEpoch(), offset: 1 })
  raw.send({ t: 'want', room: testRoom, epoch, after: 0, next: head + 5000, guids: guids(1000) })
  raw.send({ t: 'pong', n: 12_345 })
  raw.send({ t: 'offer', ...range, guids: guids(1000) })
  raw.ws.send(posts(testRoom))
  raw.send({ t: 'ping', n: 99 })
  await raw.waitForFrame('pong', ({ n }) => n === 99)
  assert.equal(raw.ended, undefined)
  const peer = (await hub.status()).peers.find(({ id }) => id === raw.identity.id)
  assert.ok(peer !== undefined)
  await raw.ship([raw.post('still here')])
})

test('on a link: an ack of more than was sent', async () => {
  await using raw = await RawLink.connect({ port: hub.port })
  await raw.follow()
  const { epoch } = await raw.waitForFrame('start')
  const send = () => raw.send({ t: 'ack', room: testRoom, epoch, offset: Number.MAX_SAFE_INTEGER })
  await assertRefused(raw.ws, { send, code: 4400, says: /disconnected \(acknowledges 9007199254740991, / })
})

test('on a link: a clock that is hours behind is told to the operator, and nothing else', async () => {
  await using raw = await RawLink.connect({ port: hub.port, name: 'late', now: () => Date.now() - 3 * 3_600_000 })
  await hub.waitForLine(/^\[WARN\] the clock of "late" is 180 minutes behind ours: check NTP on both$/)
  await raw.ship([raw.post('from long ago', { at: Date.now() - 3 * 3_600_000 })])
})

test('nobody else has noticed anything', async () => {
  await stream.flows(20)
  await stream.stop()
  const now = await linksOf(hub)
  for (const { name } of edges) assert.equal(now[name], links[name])
  await expectEverywhere([hub, ...edges], ['still here', 'from long ago', ...stream.acked])
  for (const line of hub.lines) assert.match(line, /^\[(INFO|WARN)\] .{1,400}$/)
  assert.doesNotMatch(hub.lines.join('\n'), /^\[INFO\] all is well/m)
})
