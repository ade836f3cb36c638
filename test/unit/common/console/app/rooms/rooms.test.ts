import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLive } from '#common/console/app/rooms/feed.ts'
import type { RoomFeed } from '#common/console/app/rooms/room-feed.ts'
import { Rooms, type RoomsOptions } from '#common/console/app/rooms/rooms.ts'
import { noFilter } from '#common/console/app/rooms/search.ts'
import type { Place } from '#common/console/app/server/live-socket.ts'
import { ConsoleRoom, memoryStorage } from '#test/support/console-room.ts'
import { cityB, feedPost, feedPosts } from '#test/support/feed-posts.ts'
import { waitFor } from '#test/support/wait-for.ts'

const room = 'frontrange'

/** A console that follows a room with so many posts. */
async function startRooms(t: TestContext, posts: number, kept: Record<string, string> = {}) {
  const server = new ConsoleRoom(room)
  await server.add(...feedPosts(1, posts))
  const storage = memoryStorage(kept)
  const rooms = new Rooms({ api: server.api, live: server.live, storage })
  t.after(rooms.start())
  await waitFor(() => rooms.isLoaded.value, { what: 'the rooms' })
  return { server, rooms, storage }
}

const offsets = (open: RoomFeed) => open.feed.value?.posts.map(({ offset }) => offset) ?? []
const range = (from: number, to: number) => feedPosts(from, to).map(({ offset }) => offset)
const shows = (open: RoomFeed, from: number, to: number) =>
  waitFor(() => offsets(open), { what: `${from} to ${to}`, until: seen => seen.join() === range(from, to).join() })

test('an open room shows the newest, older ones on demand, and what comes live', async t => {
  const { server, rooms } = await startRooms(t, 250)
  const open = rooms.openFeed(room)
  await open.openNewest()
  assert.deepEqual(offsets(open), range(151, 250))
  await Promise.all([open.older(), open.older()])
  assert.deepEqual(offsets(open), range(51, 250))
  await server.add(...feedPosts(251, 253))
  await shows(open, 51, 253)
  await open.older()
  assert.ok(open.feed.value?.reachesStart)
  open.close()
})

test('after an outage everything that was missed is shown, once and in order', async t => {
  const { server, rooms } = await startRooms(t, 10)
  const open = rooms.openFeed(room)
  await open.openNewest()
  await server.add(feedPost(11))
  await shows(open, 1, 11)
  server.cut()
  assert.equal(server.place?.offset, 11)
  await server.add(...feedPosts(12, 400))
  server.connect()
  await server.add(feedPost(401))
  await shows(open, 1, 401)
})

test('what came between the page and the live line is read from the server', async t => {
  const { server, rooms } = await startRooms(t, 10)
  const open = rooms.openFeed(room)
  await open.openNewest()
  server.cut()
  await server.add(...feedPosts(11, 20))
  open.take([{ t: 'post', epoch: server.log.head.epoch, ...feedPost(20) }])
  await shows(open, 1, 20)
})

test('a permalink opens the log around its post, and goes on to the newest', async t => {
  const { server, rooms } = await startRooms(t, 500)
  const open = rooms.openFeed(room)
  await open.openAt(feedPost(200).guid)
  assert.deepEqual(offsets(open), range(101, 300))
  await server.add(feedPost(501))
  await waitFor(() => open.feed.value?.head === 501, { what: 'the live post to be known of' })
  assert.deepEqual(offsets(open), range(101, 300))
  for (let pages = 0; pages < 3; pages++) await open.newer()
  await server.add(feedPost(502))
  await shows(open, 101, 502)
})

test('a permalink that leads nowhere says so, and the newest can still be read', async t => {
  const { rooms } = await startRooms(t, 5)
  const open = rooms.openFeed(room)
  await open.openAt('00000000-0000-8000-8000-00000000dead')
  assert.match(open.fault.value, /no such post/)
  await open.openNewest()
  assert.deepEqual([offsets(open), open.fault.value], [range(1, 5), ''])
})

test('a search reads what matches, takes live posts that match, and ends with the whole room', async t => {
  const { server, rooms } = await startRooms(t, 150)
  await server.add(feedPost(151, { text: 'the bridge', origin: cityB }))
  const open = rooms.openFeed(room)
  await open.openNewest({ ...noFilter, text: 'BRIDGE', origin: cityB })
  await server.add(feedPost(152), feedPost(153, { text: 'bridge', origin: cityB }), feedPost(154))
  await waitFor(() => open.feed.value?.high === 154, { what: 'the live posts' })
  assert.deepEqual(offsets(open), [151, 153])
  await open.openNewest(noFilter)
  assert.deepEqual(offsets(open), range(55, 154))
})

test('a log that lost its end goes on in a new epoch, with what was lost in its place', async t => {
  const { server, rooms } = await startRooms(t, 10)
  const copy = server.log.snapshot()
  const open = rooms.openFeed(room)
  await open.openNewest()
  await server.add(...feedPosts(11, 12))
  await shows(open, 1, 12)
  server.log.restore(copy)
  await waitFor(() => server.place?.epoch === server.log.head.epoch, { what: 'the new epoch to be known' })
  assert.equal(server.place?.offset, 10)
  await server.add(feedPost(12), feedPost(13))
  await waitFor(() => open.feed.value?.posts.at(-1)?.guid === feedPost(13).guid, { what: 'the new epoch' })
  assert.deepEqual(offsets(open), range(1, 12))
  assert.deepEqual(
    open.feed.value?.resets.map(({ after, lost }) => [after, lost.map(({ guid }) => guid)]),
    [[10, [feedPost(11).guid]]],
  )
  assert.ok(open.feed.value && isLive(open.feed.value))
})

test('while the server is away a feed says so, and reads on when it is asked again', async t => {
  const { server, rooms } = await startRooms(t, 150)
  const open = rooms.openFeed(room)
  await open.openNewest()
  server.isAway = true
  await open.older()
  assert.match(open.fault.value, /does not answer/)
  server.isAway = false
  open.retry()
  await shows(open, 1, 150)
  assert.equal(open.fault.value, '')
})

test('unread posts are counted from what was seen, and kept', async t => {
  const { server, rooms, storage } = await startRooms(t, 10)
  assert.equal(rooms.unread.value.get(room), 0)
  await server.add(...feedPosts(11, 13))
  await waitFor(() => rooms.unread.value.get(room) === 3, { what: 'three new posts' })
  assert.equal(rooms.newest.value.get(room)?.offset, 13)
  rooms.seen(room, { epoch: server.log.head.epoch, offset: 12 })
  assert.equal(rooms.unread.value.get(room), 1)
  const again = new Rooms({ api: server.api, live: server.live, storage })
  assert.deepEqual(again.marks.value[room], { epoch: server.log.head.epoch, offset: 12 })
})

test('of very many rooms the one that is open is followed', async t => {
  const names = Array.from({ length: 100 }, (_, n) => `room-${n}`)
  const heads = names.map(name => ({ room: name, epoch: 'e'.repeat(16), first: 1, head: 0 }))
  const answer = (path: string) => (path === '/api/v1/rooms' ? { rooms: heads } : { posts: [] })
  let places: () => Place[] = () => []
  let restarts = 0
  const live: RoomsOptions['live'] = {
    start: asked => {
      places = asked
    },
    restart: () => {
      restarts += 1
    },
    stop: () => {},
    subscribe: () => () => {},
  }
  const api = { ask: async <T>(path: string) => answer(path) as T }
  const rooms = new Rooms({ api, live, storage: memoryStorage() })
  t.after(rooms.start())
  await waitFor(() => rooms.isLoaded.value, { what: 'the rooms' })
  assert.equal(places()[0]?.room, 'room-0')
  const before = restarts
  const open = rooms.openFeed('room-99')
  assert.deepEqual([places()[0]?.room, places().length, restarts - before], ['room-99', 100, 1])
  open.close()
  assert.equal(places()[0]?.room, 'room-0')
})
