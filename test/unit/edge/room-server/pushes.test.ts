// Pushes as the firmware paces them: one under way per member, again until it is acknowledged, three failures and rest.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOCAL } from '#common/post-log.ts'
import { FreshPosts } from '#edge/room-server/fresh-posts.ts'
import { decideLogin } from '#edge/room-server/login.ts'
import { heard, type Member } from '#edge/room-server/member.ts'
import { Pushes, type PushTry } from '#edge/room-server/pushes.ts'
import { RoomSeconds } from '#edge/room-server/room-seconds.ts'
import { WaitingPosts } from '#edge/room-server/waiting-posts.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

const noon = 1_790_000_000_000
const hour = 3_600_000
const alice = 'aa'.repeat(32)
const bob = 'bb'.repeat(32)

function memberOf(key: string, fields: Partial<Member> = {}): Member {
  const basics = { permission: 2, lastTimestamp: 0, syncSince: 0, loginAt: noon, heardAt: noon, failures: 0 } as const
  const synced = { ahead: [], askedSince: 0 }
  return { key, path: { hashBytes: 1, hops: new Uint8Array() }, ...basics, ...synced, ...fields }
}

interface Sent extends PushTry {
  ack: string
  at: number
  onAir: (isSent: boolean) => void
}

/** A room with a clock of its own; what is sent stays in the air until it is looked at. */
class Room {
  ms = noon
  parts = 1
  isOn = true
  firstAttempt = 0
  chance = 0
  /** A push is on the air as soon as it is handed over. */
  isAirFree = true
  readonly sent: Sent[] = []
  readonly synced: [string, number][] = []
  readonly members: Member[]
  readonly log = new MemoryLog('main', { now: () => this.ms })
  readonly pushes: Pushes
  #count = 0

  constructor(...members: Member[]) {
    this.members = members
    const fresh = new FreshPosts()
    const posts = new WaitingPosts({
      log: this.log,
      seconds: new RoomSeconds(this.log, fresh),
      fresh,
      partsOf: () => this.parts,
      isAuthor: (entry, { key }) => entry.json === key,
      rfMaxAgeMs: 2 * hour,
      holdMs: 6000,
      now: () => this.ms,
    })
    this.pushes = new Pushes({
      posts,
      members: () => this.members,
      send: one => this.#send(one),
      synced: ({ key, syncSince }) => this.synced.push([key, syncSince]),
      isOn: () => this.isOn,
      intervalMs: 1200,
      now: () => this.ms,
      ticks: () => this.ms,
      firstAttempt: () => this.firstAttempt,
      chance: () => this.chance,
      changed: () => {},
    })
  }

  /** Stores a post of this author (default: somebody else), and gives its offset. */
  async post({ author = '', from = LOCAL, at = this.ms } = {}): Promise<number> {
    this.#count += 1
    const guid = `00000000-0000-4000-8000-${String(this.#count).padStart(12, '0')}`
    const result = await this.log.append({ from, posts: [{ guid, at, json: author }] })
    return result.conflict ? 0 : (result.offsets[0] ?? 0)
  }

  /** Lets so much time pass, in steps as the room asks for them. */
  async run(ms: number): Promise<void> {
    const until = this.ms + ms
    // What became of a push is told in a moment of its own.
    await new Promise(resolve => setImmediate(resolve))
    for (let steps = 0; this.ms < until; steps += 1) {
      assert.ok(steps < 5000, 'the room asks to be looked at without end')
      const wait = await this.pushes.step()
      this.ms = Math.min(until, this.ms + Math.max(1, wait))
    }
  }

  ack(index: number): boolean {
    return this.pushes.acked(this.sent[index]?.ack ?? '')
  }

  offsets(): number[] {
    return this.sent.map(({ entry }) => entry.offset)
  }

  #send(one: PushTry): { ack: string; sent: Promise<boolean>; cancel: () => void } {
    const { promise: sent, resolve: onAir } = Promise.withResolvers<boolean>()
    const ack = `${one.member.key.slice(0, 2)} ${one.entry.offset} ${one.part} ${one.attempt}`
    this.sent.push({ ...one, ack, at: this.ms, onAir })
    if (this.isAirFree) onAir(true)
    return { ack, sent, cancel: () => onAir(false) }
  }
}

test('a post is pushed once it is 6 s old, to everybody but its author', async () => {
  const room = new Room(memberOf(alice), memberOf(bob))
  await room.post({ author: alice })
  await room.run(5900)
  assert.equal(room.sent.length, 0)
  await room.run(3000)
  assert.deepEqual(
    room.sent.map(({ member, second }) => [member.key, second]),
    [[bob, noon / 1000]],
  )
  assert.equal(await room.pushes.unsynced(room.members[0] as Member), 0)
  assert.equal(await room.pushes.unsynced(room.members[1] as Member), 1)
})

test('posts go to a member in order, each when the one before is acknowledged, 1.2 s apart', async () => {
  const room = new Room(memberOf(alice))
  for (let i = 0; i < 3; i += 1) await room.post()
  await room.run(7000)
  assert.deepEqual(room.offsets(), [1])
  assert.ok(room.ack(0))
  await room.run(2000)
  assert.ok(room.ack(1))
  await room.run(2000)
  assert.ok(room.ack(2))
  assert.deepEqual(room.offsets(), [1, 2, 3])
  const [first = 0, second = 0] = room.sent.map(({ at }) => at)
  assert.ok(second - first >= 1200)
  assert.deepEqual(room.synced.at(-1), [alice, noon / 1000 + 2])
  await room.run(120_000)
  assert.equal(room.sent.length, 3)
})

test('a part may begin with any number of try, and goes on counting from there', async () => {
  const room = new Room(memberOf(alice))
  room.firstAttempt = 3
  room.parts = 2
  await room.post()
  await room.run(13_000)
  room.firstAttempt = 2
  assert.ok(room.ack(1))
  await room.run(2000)
  assert.deepEqual(
    room.sent.map(({ part, attempt }) => [part, attempt]),
    [
      [0, 3],
      [0, 4],
      [1, 2],
    ],
  )
})

test('two room servers whose pushes collide do not say them again at the same moment', async () => {
  const triedAt = async (chance: number) => {
    const room = new Room(memberOf(alice))
    room.chance = chance
    await room.post()
    await room.run(30_000)
    return room.sent.map(({ at }) => at - noon)
  }
  const [one, other] = [await triedAt(0), await triedAt(0.5)]
  assert.equal(one[0], other[0])
  for (const i of [1, 2]) assert.ok((other[i] ?? 0) - (one[i] ?? 0) >= 500 * i, `${one} and ${other}`)
})

test('without an ACK it is tried three times, each another packet, then the member is left alone until it is heard', async () => {
  const room = new Room(memberOf(alice))
  await room.post()
  await room.run(300_000)
  assert.deepEqual(
    room.sent.map(({ attempt }) => attempt),
    [0, 1, 2],
  )
  const [first = 0, second = 0] = room.sent.map(({ at }) => at)
  assert.ok(second - first >= 6000 && second - first < 7500, `${second - first} ms apart`)
  heard(room.members[0] as Member, room.ms)
  await room.run(1000)
  assert.equal(room.sent.at(-1)?.attempt, 3)
  assert.equal(room.ack(1), true, 'the ACK of an earlier try counts')
  assert.equal(room.synced.length, 1)
  assert.equal(room.ack(1), false)
})

test('the time for the ACK runs from when the push was on the air, and what never was costs the member nothing', async () => {
  const room = new Room(memberOf(alice))
  room.isAirFree = false
  await room.post()
  await room.run(120_000)
  assert.equal(room.sent.length, 1)
  room.sent[0]?.onAir(false)
  await room.run(2000)
  assert.equal(room.sent.length, 2)
  assert.equal(room.members[0]?.failures, 0)
  room.sent[1]?.onAir(true)
  await room.run(5000)
  assert.equal(room.sent.length, 2)
  await room.run(3000)
  assert.equal(room.members[0]?.failures, 1)
})

test('by flood an ACK may take 12 s', async () => {
  const room = new Room(memberOf(alice, { path: null }))
  await room.post()
  await room.run(6100 + 11_900)
  assert.equal(room.sent.length, 1)
  await room.run(3000)
  assert.equal(room.sent.length, 2)
})

test('members take turns', async () => {
  const room = new Room(memberOf(alice), memberOf(bob))
  await room.post()
  await room.post()
  await room.run(9000)
  assert.deepEqual(
    room.sent.map(({ member }) => member.key),
    [alice, bob],
  )
})

test('a long post goes in parts, and counts as had with the last of them', async () => {
  const room = new Room(memberOf(alice))
  room.parts = 2
  await room.post()
  await room.run(7000)
  assert.ok(room.ack(0))
  assert.equal(room.synced.length, 0)
  await room.run(2000)
  assert.deepEqual(
    room.sent.map(({ part, attempt }) => [part, attempt]),
    [
      [0, 0],
      [1, 0],
    ],
  )
  assert.ok(room.ack(1))
  assert.deepEqual(room.synced, [[alice, noon / 1000]])
})

test('old posts of other cities are for those who log in, not for those who are there', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - hour }), memberOf(bob, { loginAt: noon + 1 }))
  await room.post({ from: 'hub', at: noon - 3 * hour })
  room.ms += 1
  await room.post({ from: 'hub', at: room.ms - hour })
  await room.run(60_000)
  const got = (key: string) =>
    new Set(room.sent.filter(({ member }) => member.key === key).map(one => one.entry.offset))
  assert.deepEqual(got(alice), new Set([2]))
  assert.deepEqual(got(bob), new Set([1]))
  assert.deepEqual(new Set(room.sent.map(({ pushClass }) => pushClass)), new Set(['catch-up']))
})

test('a member that asks for older posts gets them, and what was under way is given up', async () => {
  const room = new Room(memberOf(alice, { syncSince: noon / 1000 + 10 }))
  await room.post()
  await room.run(10_000)
  assert.equal(room.sent.length, 0)
  const member = room.members[0] as Member
  member.syncSince = 0
  room.pushes.forget(alice)
  await room.run(61_000)
  assert.deepEqual(new Set(room.offsets()), new Set([1]))
})

test('a room that is switched off pushes nothing, and goes on where it was', async () => {
  const room = new Room(memberOf(alice))
  room.isOn = false
  await room.post()
  await room.run(120_000)
  assert.equal(room.sent.length, 0)
  room.isOn = true
  await room.run(61_000)
  assert.equal(room.sent[0]?.entry.offset, 1)
})

test('who is being welcomed is told so before pushes begin', async () => {
  const room = new Room(memberOf(alice))
  await room.post()
  room.ms += 10_000
  room.pushes.giveWay()
  await room.run(1900)
  assert.equal(room.sent.length, 0)
  await room.run(200)
  assert.equal(room.sent.length, 1)
})

test('a post of another city that found no air is given up when it is too old', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - 1 }))
  room.isAirFree = false
  await room.post({ from: 'hub', at: noon - 2 * hour + 60_000 })
  await room.run(7000)
  assert.equal(room.sent[0]?.usefulMs, 60_000 - 6000)
  await room.post()
  room.ms = noon + 60_000
  room.sent[0]?.onAir(false)
  await room.run(10_000)
  assert.deepEqual(room.offsets(), [1, 2])
  assert.equal(room.sent[1]?.usefulMs, Number.POSITIVE_INFINITY)
})

/** The offsets of what a room with little air sends while each push waits for its turn: those acknowledged, in order. */
async function served(room: Room, ms: number): Promise<number[]> {
  for (const until = room.ms + ms; room.ms < until; ) {
    const before = room.sent.length
    await room.run(1300)
    if (room.sent.length > before) room.ack(room.sent.length - 1)
  }
  return room.offsets()
}

test('what is written here does not wait behind a backlog of other cities, nor what is live', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - 1 }))
  for (let i = 0; i < 300; i += 1) await room.post({ from: 'hub', at: noon - hour })
  await room.run(6100)
  assert.deepEqual(room.offsets(), [1])
  assert.ok(room.ack(0))
  await room.post({ from: 'hub' })
  await room.post()
  await room.post({ from: 'hub', at: room.ms - hour })
  const offsets = await served(room, 20_000)
  const [live, local] = [offsets.indexOf(301), offsets.indexOf(302)]
  assert.ok(local > 0 && local < 8 && live === local + 1, offsets.join())
  const member = room.members[0] as Member
  assert.equal(member.ahead.length, 2)
  const rest = await served(room, 450_000)
  assert.deepEqual(
    rest.toSorted((a, b) => a - b),
    Array.from({ length: 303 }, (_, i) => i + 1),
    'all of them, each once',
  )
  assert.deepEqual([member.ahead, await room.pushes.unsynced(member)], [[], 0])
})

test('a priority notice of another city goes like what is written here, if it is new and was written at a console', async () => {
  const room = new Room(memberOf(alice))
  const notice = (source: string, text = 'PRIORITY: Evacuate') => JSON.stringify({ source, text })
  for (let i = 0; i < 3; i++) await room.post({ from: 'hub' })
  await room.post({ from: 'hub', author: notice('console') })
  await room.post({ from: 'hub', author: notice('lora') })
  await room.post({ from: 'hub', author: notice('console', 'No PRIORITY: none') })
  await room.post({ from: 'hub', author: notice('console'), at: noon - hour })
  await room.run(7000)
  for (let i = 0; i < 7; i++) {
    room.ack(room.sent.length - 1)
    await room.run(2000)
  }
  const classes = room.sent.map(({ entry, pushClass }) => `${entry.offset} ${pushClass}`)
  assert.deepEqual(classes, ['4 local', '1 live', '2 live', '3 live', '5 live', '6 live', '7 catch-up'])
})

test('a post is awaited as long as somebody within reach has yet to get it', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - 1 }), memberOf(bob, { loginAt: noon - 1 }))
  await room.post({ author: alice })
  await room.post({ from: 'hub', at: noon - hour })
  const [own, theirs] = await room.log.readAfter(0, 2)
  assert.ok(own !== undefined && theirs !== undefined)
  const awaited = async () => [await room.pushes.isAwaited(own), await room.pushes.isAwaited(theirs)]
  assert.deepEqual(await awaited(), [true, true])
  room.isOn = false
  assert.deepEqual(await awaited(), [false, false])
  room.isOn = true
  room.members[0] = memberOf(alice, { failures: 3, loginAt: noon - 1 })
  room.members[1] = memberOf(bob, { syncSince: noon / 1000, loginAt: noon - 1 })
  assert.deepEqual(await awaited(), [false, true])
  room.ms += 2 * hour
  assert.deepEqual(await awaited(), [false, false])
  // Who logs in now has asked for both.
  room.members[1] = memberOf(bob, { loginAt: room.ms })
  assert.deepEqual(await awaited(), [true, true])
  room.members[1] = memberOf(bob, { heardAt: 0 })
  assert.deepEqual(await awaited(), [false, false])
})

test('a local post goes first when both wait for air', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - 1 }))
  room.isAirFree = false
  await room.post({ from: 'hub', at: noon - hour })
  await room.run(6100)
  await room.post()
  await room.run(5900)
  assert.deepEqual(room.offsets(), [1])
  await room.run(3000)
  assert.deepEqual(room.offsets(), [1, 2])
})

test('nor does it wait for another try of what was sent in vain, when that finds no air', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - 1 }))
  await room.post({ from: 'hub', at: noon - hour })
  await room.run(6100)
  room.isAirFree = false
  await room.run(7000)
  await room.post()
  await room.run(9000)
  assert.deepEqual(room.offsets(), [1, 1, 2])
})

test('what is on the air already goes on', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - 1 }))
  await room.post({ from: 'hub', at: noon - hour })
  await room.run(6100)
  await room.post()
  await room.run(6300)
  assert.deepEqual(new Set(room.offsets()), new Set([1]))
  assert.ok(room.ack(0))
  await room.run(2000)
  assert.deepEqual(room.offsets().at(-1), 2)
})

test('who logs in with the newest it has is still told what was less urgent, if it is not too old', async () => {
  const room = new Room(memberOf(alice, { loginAt: noon - 1, ahead: [noon / 1000] }))
  await room.post({ from: 'hub', at: noon - 3 * hour })
  await room.post({ from: 'hub', at: noon - hour })
  await room.post()
  const [member] = room.members
  assert.ok(member)
  const login = { key: alice, timestamp: 1, syncSince: noon / 1000, password: 'hello' }
  const rules = { guestPassword: 'hello', allowReadOnly: false }
  decideLogin(login, member, { rules, now: room.ms })
  room.pushes.forget(alice)
  await room.run(20_000)
  assert.deepEqual(new Set(room.offsets()), new Set([2]))
  decideLogin({ ...login, timestamp: 2, syncSince: 0 }, member, { rules, now: room.ms })
  room.pushes.forget(alice)
  room.sent.length = 0
  assert.deepEqual(await served(room, 20_000), [3, 1, 2])
})

test('what must not be told any more is given up, be it in the air or unacknowledged', async () => {
  const room = new Room(memberOf(alice), memberOf(bob))
  room.isAirFree = false
  await room.post()
  await room.run(20_000)
  const [first] = room.sent
  assert.equal(room.sent.length, 2)
  first?.onAir(true)
  room.parts = 0
  room.pushes.dropUseless()
  room.isAirFree = true
  await room.run(60_000)
  assert.equal(room.sent.length, 2)
  assert.equal(room.pushes.acked(first?.ack ?? ''), false)
  room.parts = 1
  await room.post()
  await room.run(10_000)
  assert.equal(room.sent.length, 4)
})

test('who was sent away while the log was read is pushed nothing', async () => {
  const room = new Room(memberOf(alice))
  await room.post()
  room.ms += 10_000
  const step = room.pushes.step()
  room.members.length = 0
  await step
  assert.equal(room.sent.length, 0)
})

test('logins without end do not keep pushes off the air', async () => {
  const room = new Room(memberOf(alice))
  await room.post()
  for (let i = 0; i < 20; i += 1) {
    room.pushes.giveWay()
    await room.run(1000)
  }
  assert.ok(room.offsets().length > 0)
})

test('who may write does not wait behind a crowd that may only read', async () => {
  const crowd = Array.from({ length: 50 }, (_, i) => memberOf(i.toString(16).padStart(64, '0'), { permission: 0 }))
  const room = new Room(...crowd, memberOf(alice))
  await room.post()
  await room.run(20_000)
  await room.post()
  await room.run(9000)
  const toAlice = room.sent.filter(({ member }) => member.key === alice)
  assert.equal(toAlice[0], room.sent[0])
  assert.ok(room.sent.length > 10)
})
