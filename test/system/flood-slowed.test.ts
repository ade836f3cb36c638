// One city floods the hub with posts, another with frames: both are slowed down to the limit, nobody else waits, nothing is lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HubProgram, startHub, testRoom } from '#test/support/programs.ts'
import { RawLink } from '#test/support/raw-link.ts'
import { waitFor } from '#test/support/wait-for.ts'

const [postsPerSecond, framesPerSecond] = [10, 50]
/** What comes at full speed: 40 s and 10 s worth. */
const [freePosts, freeFrames] = [40 * postsPerSecond, 10 * framesPerSecond]
const conf = { limits: { posts_per_second_spoke: postsPerSecond, frames_per_second_spoke: framesPerSecond } }
/** A city that is held up by others would wait for seconds. */
const calmMaxMs = 2000
/** One read of the socket brings in few of them. */
const padding = 'x'.repeat(2000)

interface Post {
  text: string
}

/** Ships a post every 20 ms or so until told to stop, and notes when each reached the reader. */
function calmCity(link: RawLink, reader: RawLink) {
  const sentAt = new Map<string, number>()
  const tookMs: number[] = []
  let isOver = false
  const seen = () =>
    reader.frames.flatMap(frame => (frame.t === 'posts' ? (frame.posts as Post[]).map(({ text }) => text) : []))
  const work = async () => {
    for (let n = 1; !isOver; n++) {
      const text = `calm ${n}`
      sentAt.set(text, performance.now())
      await link.ship([link.post(text)])
      await waitFor(() => seen().includes(text), { what: `"${text}" at the reader` })
      tookMs.push(performance.now() - (sentAt.get(text) ?? 0))
      reader.frames.length = 0
    }
  }
  const done = work()
  const stop = async () => {
    isOver = true
    await done
    const sorted = tookMs.toSorted((a, b) => a - b)
    const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN)
    return { texts: [...sentAt.keys()], p50: at(0.5), p90: at(0.9) }
  }
  return { stop }
}

async function slowedOf(hub: HubProgram, name: string) {
  const { peers, slowedMs } = await hub.status()
  return { ofPeer: peers.find(peer => peer.name === name)?.slowedMs ?? -1, inAll: slowedMs }
}

test('floods of posts and of frames are slowed to the limit, and others do not notice', async t => {
  await using hub = await startHub({ conf })
  await using calm = await RawLink.connect({ port: hub.port, name: 'Calm' })
  await using reader = await RawLink.connect({ port: hub.port, name: 'Reader' })
  await reader.follow()
  await using flooder = await RawLink.connect({ port: hub.port, name: 'Flooder' })
  await using chatter = await RawLink.connect({ port: hub.port, name: 'Chatter' })
  // Before the hub serves it a flood would end the link.
  await chatter.waitForFrame('resume')
  const texts = Array.from({ length: freePosts + 5 * postsPerSecond }, (_, n) => `flood ${n + 1}`)
  const flood = texts.map(text => flooder.post(text))
  const city = calmCity(calm, reader)
  const startedAt = performance.now()
  const shipped = flooder.ship(flood).then(() => performance.now() - startedAt)
  const pings = freeFrames + 5 * framesPerSecond
  const pongsBefore = chatter.frames.filter(({ t: name }) => name === 'pong').length
  for (let n = 1; n <= pings; n++) chatter.ws.send(`{"t":"ping","n":${n},"padding":"${padding}"}`)
  const answered = waitFor(
    () => chatter.frames.filter(({ t: name }) => name === 'pong').length - pongsBefore >= pings,
    {
      what: 'an answer to every ping',
      deadlineMs: 60_000,
    },
  ).then(() => performance.now() - startedAt)
  const [postsMs, framesMs] = await Promise.all([shipped, answered])
  const { p50, p90, texts: calmTexts } = await city.stop()

  t.diagnostic(
    `${texts.length} posts in ${Math.round(postsMs)} ms, ${pings} frames in ${Math.round(framesMs)} ms; others p50 ${p50} ms, p90 ${p90} ms`,
  )
  assert.ok(postsMs > 4000, `${postsMs} ms for the posts`)
  // What one read of the socket brings in is answered whole.
  assert.ok(framesMs > 3000, `${framesMs} ms for the frames`)
  assert.ok(p90 < calmMaxMs, `p90 of the others ${p90} ms`)
  for (const link of [flooder, chatter, calm, reader]) assert.equal(link.ended, undefined)

  const [posts, frames, others] = await Promise.all(['Flooder', 'Chatter', 'Calm'].map(name => slowedOf(hub, name)))
  assert.ok((posts?.ofPeer ?? 0) > 1000, `${posts?.ofPeer} ms`)
  assert.ok((frames?.ofPeer ?? 0) > 1000, `${frames?.ofPeer} ms`)
  assert.equal(others?.ofPeer, 0)
  const { text } = await hub.api.send({ path: '/metrics' })
  assert.match(text, /^mcfed_slowed_seconds_total\{limit="spoke"\} [1-9]/m)
  assert.match(text, /^mcfed_slowed_seconds_total\{limit="frames"\} [1-9]/m)
  assert.match(text, /^mcfed_slowed_seconds_total\{limit="room"\} 0$/m)
  const stored = (await hub.posts(testRoom)).map(post => post.text)
  assert.deepEqual(stored.toSorted(), [...texts, ...calmTexts].toSorted())
})
