import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import { LiveSocket } from '#common/console/app/server/live-socket.ts'
import type { LiveFrame } from '#common/room-shapes.ts'

/** What a browser's socket is to us: two kinds of events, and an end. */
class FakeSocket extends EventTarget {
  readonly path: string
  isClosed = false
  constructor(path: string) {
    super()
    this.path = path
  }
  say(frame: LiveFrame): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
  end(): void {
    this.dispatchEvent(new Event('close'))
  }
  close(): void {
    this.isClosed = true
  }
}

const places = [{ room: 'frontrange', epoch: 'e1', offset: 7 }]
let now = 0
let sockets: FakeSocket[] = []
const socketNow = () => sockets.at(-1) as FakeSocket

function startSocket(): LiveSocket {
  const live = new LiveSocket({
    open: path => {
      sockets.push(new FakeSocket(path))
      return socketNow() as unknown as WebSocket
    },
    now: () => now,
    random: () => 1,
  })
  live.start(() => places)
  return live
}

/** Timers and the clock go on together, as on a machine that is awake. */
function pass(ms: number): void {
  for (let left = ms; left > 0; left -= 1000) {
    now += Math.min(1000, left)
    mock.timers.tick(Math.min(1000, left))
  }
}

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setInterval'] })
  now = 1_000_000
  sockets = []
})

test('it asks for what comes behind the place of each room', () => {
  const live = startSocket()
  assert.equal(socketNow().path, '/api/v1/live?room=frontrange&after=7&epoch=e1&beat=1')
  live.stop()
})

test('it is live once something was heard, and stale since then when the socket ends', () => {
  const live = startSocket()
  assert.equal(live.state.value.state, 'off')
  socketNow().say({ t: 'beat' })
  assert.deepEqual(live.state.value, { state: 'live' })
  pass(4000)
  socketNow().end()
  assert.deepEqual(live.state.value, { state: 'stale', since: 1_000_000 })
  live.stop()
})

test('it comes back by itself, each time a little later, and at once when there is reason to', () => {
  const live = startSocket()
  for (const expected of [1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const count = sockets.length
    socketNow().end()
    const lostAt = now
    while (sockets.length === count && now - lostAt < 60_000) pass(1000)
    assert.ok(now - lostAt >= expected && now - lostAt <= expected + 2000, `${now - lostAt} for ${expected}`)
  }
  socketNow().end()
  live.lookNow()
  assert.equal(sockets.length, 8)
  live.stop()
})

test('a socket that says nothing for long is given up, and what it says later does not count', () => {
  const live = startSocket()
  const frames: LiveFrame[] = []
  live.subscribe(frame => frames.push(frame))
  const first = socketNow()
  first.say({ t: 'beat' })
  pass(30_000)
  assert.ok(first.isClosed)
  assert.equal(live.state.value.state, 'stale')
  first.say({ t: 'head', room: 'frontrange', epoch: 'e1', head: 9 })
  assert.deepEqual(frames, [{ t: 'beat' }])
  assert.ok(sockets.length > 1)
  live.stop()
})

test('after a sleep the old socket is not trusted', () => {
  const live = startSocket()
  socketNow().say({ t: 'beat' })
  now += 3_600_000
  socketNow().say({ t: 'beat' })
  mock.timers.tick(2000)
  assert.ok(sockets[0]?.isClosed)
  live.stop()
})

test('behind another page, where a browser lets timers run once a minute, what is heard keeps it live', () => {
  const live = startSocket()
  for (let beats = 0; beats < 30; beats += 1) {
    socketNow().say({ t: 'beat' })
    now += 10_000
    if (beats % 6 === 5) mock.timers.tick(2000)
  }
  assert.deepEqual([sockets.length, live.state.value.state], [1, 'live'])
  live.stop()
})

test('stopped it holds nothing open', () => {
  const live = startSocket()
  live.stop()
  assert.ok(socketNow().isClosed)
  pass(60_000)
  assert.equal(sockets.length, 1)
  assert.equal(live.state.value.state, 'off')
})

test('a clock that is set back by a day holds up neither a try nor a look', () => {
  const live = startSocket()
  socketNow().end()
  now -= 86_400_000
  pass(4000)
  assert.equal(sockets.length, 2)
  socketNow().say({ t: 'beat' })
  now -= 86_400_000
  pass(40_000)
  assert.equal(sockets.length, 3)
  live.stop()
})
