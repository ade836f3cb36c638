// The room server and nodes that follow the firmware's rules, over an air that loses nothing and takes no time.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { encodeAck } from '#edge/radio/acks.ts'
import { decodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { identityFromPrivateKey, keyFromName, transportCode } from '#edge/radio/crypto.ts'
import { encodePacket, isFlood, noPath, type Packet, payloadType } from '#edge/radio/packet.ts'
import { decodeAnswer, decodeStats, requestType } from '#edge/radio/requests.ts'
import { decodeTelemetry } from '#edge/radio/telemetry.ts'
import { ackOf } from '#edge/radio/texts.ts'
import type { AirOrder } from '#edge/radio/transmit-queue.ts'
import type { AiredStore } from '#edge/room-server/console-posts.ts'
import type { Member, MemberStore } from '#edge/room-server/member.ts'
import type { NameStore } from '#edge/room-server/node-names.ts'
import type { Gateways } from '#edge/room-server/radio-room.ts'
import type { Region } from '#edge/room-server/regions.ts'
import { type RadioFacts, RoomServer } from '#edge/room-server/room-server.ts'
import type { RoomSettings } from '#edge/room-settings.ts'
import { fromHex, meshcoreIdentities, toHex } from '#test/support/meshcore-vectors.ts'
import { RadioNode } from '#test/support/radio-node.ts'
import { roomAndWriter } from '#test/support/room-and-writer.ts'
import { roomSettings } from '#test/support/room-settings.ts'
import { waitFor } from '#test/support/wait-for.ts'

const identity = identityFromPrivateKey(fromHex(meshcoreIdentities.room?.prv))
const denver = { latitude: 39.7392, longitude: -104.9903 }
const hourMs = 3_600_000
const at = { name: '#at', key: keyFromName('#at') }
const eu = { name: '#eu', key: keyFromName('#eu') }
const facts: RadioFacts = {
  batteryMillivolts: 4111,
  queued: 0,
  noiseFloorDbm: -113,
  lastRssiDbm: -70,
  heard: 5,
  sent: 7,
  airtimeSeconds: 1,
  uptimeSeconds: 2,
  faults: 0,
  lastSnrDb: 8.5,
}

const radioSettings = {
  frequencyHz: 869_618_000,
  bandwidthHz: 62_500,
  spreadingFactor: 8,
  codingRate: 8,
  txPowerDbm: 14,
}

function memoryStore(): MemberStore & { saved: Map<string, Member> } {
  const saved = new Map<string, Member>()
  return {
    saved,
    load: () => [...saved.values()].map(member => ({ ...member, failures: 0 })),
    save: (_room, member) => void saved.set(member.key, { ...member }),
    remove: (_room, key) => void saved.delete(key),
  }
}

function memoryNames(): NameStore {
  const saved = new Map<string, string>()
  return {
    load: () => [...saved],
    save: (key, name) => void saved.set(key, name),
    remove: key => void saved.delete(key),
  }
}

function memoryAired(): AiredStore {
  let saved: readonly string[] = []
  return {
    load: () => [...saved],
    save: (_room, guids) => {
      saved = guids
    },
  }
}

/** A clock that runs 20 times as fast, so that a post settles in a third of a second. */
const speed = 20
const startedAt = performance.now()
const ticks = () => (performance.now() - startedAt) * speed
const epoch = Date.now()
const now = () => Math.floor(epoch + ticks())

class FakeGateways implements Gateways {
  readonly #keys = new Set<string>()
  readonly #listeners = new Set<() => void>()

  add(key: string): void {
    this.#keys.add(key)
    for (const listener of this.#listeners) listener()
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

class Island {
  readonly gateways = new FakeGateways()
  readonly nodes: RadioNode[] = []
  readonly orders: AirOrder[] = []
  readonly warnings: string[] = []
  readonly store = memoryStore()
  readonly names = memoryNames()
  readonly aired = memoryAired()
  readonly settings: RoomSettings
  readonly room = roomAndWriter('main', { now })
  readonly #home: Region | undefined
  readonly #extraAcks: 0 | 1
  #floodedAt: number | undefined
  server: RoomServer
  #stopping = new AbortController()
  #running: Promise<void>

  constructor(
    t: TestContext,
    { home, extraAcks = 0, allowReadOnly = false }: { home?: Region; extraAcks?: 0 | 1; allowReadOnly?: boolean } = {},
  ) {
    this.settings = roomSettings({ adminPassword: 'master', guestPassword: 'hello', allowReadOnly })
    this.#home = home
    this.#extraAcks = extraAcks
    this.server = this.#newServer()
    this.#running = this.server.run(this.#stopping.signal)
    t.after(() => this.stop())
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async restart(): Promise<void> {
    await this.stop()
    this.#stopping = new AbortController()
    this.server = this.#newServer()
    this.#running = this.server.run(this.#stopping.signal)
  }

  node(name: string): RadioNode {
    const node = new RadioNode({
      name,
      room: identity.publicKey,
      clock: () => Math.floor(now() / 1000),
      send: packet => void this.server.hear(encodePacket(packet)),
    })
    this.nodes.push(node)
    return node
  }

  async member(name: string): Promise<RadioNode> {
    const node = this.node(name)
    node.login('hello')
    await until(() => node.welcomes.length === 1, 'the welcome')
    await until(() => this.store.saved.get(node.key)?.path !== null, 'the way to the node to be known')
    return node
  }

  texts(node: RadioNode): string[] {
    return node.pushes.map(({ text }) => Buffer.from(text).toString())
  }

  #newServer(): RoomServer {
    const { log, writer } = this.room
    return new RoomServer({
      rooms: [{ log, name: 'Test Room', identity, settings: this.settings, position: denver }],
      air: { send: order => this.#onAir(order) },
      members: this.store,
      names: this.names,
      aired: this.aired,
      writer,
      regions: { known: [eu, at], home: this.#home },
      adverts: { zeroHopMs: 120_000, floodMs: 47 * hourMs },
      floods: {
        get: () => this.#floodedAt,
        set: (_room, time) => {
          this.#floodedAt = time
        },
      },
      extraAcks: this.#extraAcks,
      radio: { ...radioSettings, dutyCycle: 0.1 },
      stats: () => facts,
      readings: () => [{ channel: 1, kind: 'volts', value: 4.111 }],
      cityOf: () => 'Boulder',
      gateways: this.gateways,
      federation: () => 'linked with hub',
      hashBytes: 1,
      rfMaxAgeMs: 7_200_000,
      pushHoldMs: 6000,
      pushIntervalMs: 1200,
      now,
      ticks,
      sleep: (ms, signal) => delay(ms / speed, undefined, { signal }).catch(() => undefined),
      log: createLog({ json: true, level: 'warn', write: line => void this.warnings.push(line) }),
    })
  }

  #onAir(order: AirOrder) {
    this.orders.push(order)
    setImmediate(() => {
      for (const node of this.nodes) node.hear(order.packet)
    })
    return { sent: Promise.resolve(true), cancel: () => {} }
  }
}

/** The key of the region that a packet is in, of those we know. */
function codeOf(packet: Packet | undefined): Uint8Array | undefined {
  const code = packet?.transportCodes?.[0]
  return [eu, at].find(({ key }) => packet && transportCode(key, packet.type, packet.payload) === code)?.key
}

function until(probe: () => boolean, what: string): Promise<unknown> {
  return waitFor(probe, { what, deadlineMs: 10_000 })
}

test('a node logs in by flood, is told the way, and posts; the other one is pushed it with the author', async t => {
  const island = new Island(t)
  const [ana, ben] = [await island.member('Ana'), await island.member('Ben')]
  ana.advertise()
  const ack = ana.post('Chains on')
  await until(() => ana.acks.includes(ack), 'the ACK')
  await until(() => ben.pushes.length === 1, 'the push')
  const [push] = ben.pushes
  assert.equal(Buffer.from(push?.text ?? []).toString(), 'Chains on')
  assert.deepEqual(Buffer.from(push?.authorPrefix ?? []).toString('hex'), ana.key.slice(0, 8))
  await until(() => island.store.saved.get(ben.key)?.syncSince === push?.timestamp, 'the place to be kept')
  assert.equal(ana.pushes.length, 0)
  const [entry] = await island.room.log.readAfter(0, 10)
  assert.match(entry?.json ?? '', /"author":\{"name":"Ana","key":"[0-9a-f]{64}"\},"source":"lora","text":"Chains on"/)
  const toAna = island.orders.filter(({ packet }) => packet.type === payloadType.ack)
  assert.deepEqual(
    toAna.map(({ packet, delayMs, airClass }) => [packet.route, delayMs, airClass]),
    [['direct', 200, 'answer']],
  )
})

test('a retry is acknowledged and stored once; other words in the same second are another post', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  const timestamp = Math.floor(now() / 1000) + 2
  const acks = [
    ana.post('once', { timestamp }),
    ana.post('once', { timestamp, attempt: 1 }),
    ana.post('twice', { timestamp }),
  ]
  await until(() => acks.every(ack => ana.acks.includes(ack)), 'three ACKs')
  assert.equal(new Set(acks).size, 3)
  const texts = (await island.room.log.readAfter(0, 10)).map(({ json }) => JSON.parse(json).text)
  assert.deepEqual(texts, ['once', 'twice'])
  const old = ana.post('older', { timestamp: timestamp - 1 })
  const last = ana.post('last', { timestamp: timestamp + 1 })
  await until(() => ana.acks.includes(last), 'the last ACK')
  assert.equal(ana.acks.includes(old), false)
})

test('a wrong password and a replayed login are met with silence', async t => {
  const island = new Island(t)
  const [ana, eve] = [await island.member('Ana'), island.node('Eve')]
  eve.login('Hello')
  const again = ana.login('hello')
  await until(() => ana.welcomes.length === 2, 'the second welcome')
  await island.server.hear(encodePacket({ ...again, route: 'direct', path: { hashBytes: 1, hops: new Uint8Array() } }))
  ana.login('hello', Math.floor(now() / 1000) - 100)
  const marker = await island.member('Marker')
  assert.equal(marker.welcomes.length, 1)
  assert.equal(ana.welcomes.length, 2)
  assert.equal(eve.welcomes.length, 0)
  assert.equal(island.store.saved.has(eve.key), false)
})

test('a radio of another server of the federation is no member, whether that is known before its login or later', async t => {
  const island = new Island(t)
  const [early, late] = [island.node('Early'), await island.member('Late')]
  island.gateways.add(early.key)
  early.login('hello')
  island.gateways.add(late.key)
  const lost = late.post('Ana@Boulder: hello')
  await island.room.say('hello')
  const ana = await island.member('Ana')
  await until(() => ana.pushes.length === 1, 'the push to a member')
  assert.deepEqual([...island.store.saved.keys()], [ana.key])
  assert.deepEqual([early.welcomes.length, late.acks.includes(lost), late.pushes.length], [0, false, 0])
  assert.equal((await island.room.log.readAfter(0, 10)).length, 1)
})

test('what was written at a console is on the air once it was pushed, also after a restart; with nobody there it has passed', async t => {
  const island = new Island(t)
  const { log, writer } = island.room
  const write = (text: string) => writer.write(log, { text, author: { name: 'Net' }, source: 'console' })
  const states = async () => (await island.server.consolePosts('main')?.states())?.map(({ state }) => state)
  await write('Nobody is there')
  assert.deepEqual(await states(), ['passed'])
  const ben = await island.member('Ben')
  await until(() => ben.pushes.length === 1, 'what he has asked for')
  await write('All stations')
  assert.deepEqual(await states(), ['on-air', 'waiting'])
  await until(() => ben.pushes.length === 2, 'the push')
  assert.deepEqual(await states(), ['on-air', 'on-air'])
  await island.restart()
  assert.deepEqual(await states(), ['on-air', 'on-air'])
  await island.room.say('Of no console')
  assert.equal((await states())?.length, 2)
})

test('a node that was away gets what is newer than it has, in order, once', async t => {
  const island = new Island(t)
  await island.room.say('one', 'two')
  const ana = await island.member('Ana')
  await until(() => ana.pushes.length === 2, 'the backlog')
  await until(() => island.store.saved.get(ana.key)?.syncSince === ana.syncSince, 'the place to be kept')
  ana.advertise()
  await island.restart()
  await island.room.say('three')
  await until(() => ana.pushes.length === 3, 'the post after the restart, without a new login')
  assert.deepEqual(island.texts(ana), ['Ann: one', 'Ann: two', 'Ann: three'])
  const ack = ana.post('four')
  await until(() => ana.acks.includes(ack), 'the ACK')
  const posts = await island.room.log.readAfter(0, 10)
  assert.match(posts.at(-1)?.json ?? '', /"name":"Ana"/)
})

// The firmware's companion drops a packet that it has seen, without a new ACK: src/helpers/SimpleMeshTables.h.
test('a push said again after a restart is seldom the packet that the node has seen', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  await island.room.say(...Array.from({ length: 24 }, (_, i) => `post ${i}`))
  await until(() => ana.pushes.length === 24, 'all posts')
  const firstTries = new Set(ana.pushes.map(({ attempt }) => attempt))
  assert.ok(firstTries.size > 1 && Math.max(...firstTries) <= 3, [...firstTries].join(' '))
})

test('without a way to it a node is pushed by flood, and answers with the way and the ACK in one', async t => {
  const island = new Island(t)
  const ana = island.node('Ana')
  ana.tellsWay = false
  ana.login('hello')
  await until(() => ana.welcomes.length === 1, 'the welcome')
  assert.equal(island.store.saved.get(ana.key)?.path, null)
  await island.room.say('hello')
  await until(() => island.store.saved.get(ana.key)?.syncSince === ana.syncSince && ana.syncSince > 0, 'the ACK')
  const push = island.orders.find(({ packet }) => packet.type === payloadType.text)
  assert.equal(push && isFlood(push.packet), true)
  assert.deepEqual(island.store.saved.get(ana.key)?.path?.hops.length, 0)
})

// Under the firmware's companion with two repeaters, of which the one on the known way was switched off.
test('who says a post again by flood is answered by flood, and pushed by the new way', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  const timestamp = Math.floor(now() / 1000) + 2
  const routeOf = async (ack: string) => {
    const isIt = ({ packet }: AirOrder) => packet.type === payloadType.ack && toHex(packet.payload) === ack
    await until(() => island.orders.some(isIt), 'the ACK')
    return island.orders.find(isIt)?.packet.route
  }
  assert.equal(await routeOf(ana.post('who hears me?', { timestamp })), 'direct')
  ana.forgetWay()
  assert.equal(await routeOf(ana.post('who hears me now?', { timestamp: timestamp + 1 })), 'direct')
  assert.equal(await routeOf(ana.post('who hears me now?', { timestamp: timestamp + 1, attempt: 1 })), 'flood')
  await island.room.say('news')
  await until(() => ana.pushes.length === 1, 'the push')
  const push = island.orders.find(({ packet }) => packet.type === payloadType.text)
  assert.equal(push?.packet.route, 'flood')
  await until(() => island.store.saved.get(ana.key)?.path !== null, 'the new way')
  assert.equal((await island.room.log.readAfter(0, 10)).length, 3)
})

test('who was given up and is heard by flood is pushed by flood', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  ana.isMute = true
  await island.room.say('news')
  await until(() => ana.pushes.length === 3, 'three tries')
  const thirdAt = ticks()
  await until(() => ticks() > thirdAt + 8000, 'the third to fail, after 6 s')
  ana.isMute = false
  ana.forgetWay()
  ana.request(requestType.status)
  await until(() => ana.pushes.length === 4, 'the fourth try')
  const tries = island.orders.filter(({ packet }) => packet.type === payloadType.text)
  assert.deepEqual(
    tries.map(({ packet }) => packet.route),
    ['direct', 'direct', 'direct', 'flood'],
  )
})

test('keep-alive, status, telemetry and the list of admins are answered, the last to admins only', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  ana.post('one')
  ana.post('one', { attempt: 1 })
  await until(() => ana.acks.length === 2, 'two ACKs')
  const ack = ana.keepAlive()
  await until(() => ana.acks.some(heard => heard.startsWith(ack)), 'the answer to the keep-alive')
  assert.ok(ana.acks.includes(`${ack}00`))
  ana.request(requestType.status)
  await until(() => ana.answers.length === 1, 'the status')
  const { sentFlood, sentDirect, ...rest } = decodeStats(decodeAnswer(ana.answers[0] ?? Buffer.alloc(0)).data)
  const heardCounts = { heardFlood: 1, heardDirect: 5, floodTwice: 0, directTwice: 0 }
  assert.deepEqual(rest, { ...facts, ...heardCounts, posts: 2, pushes: 0 })
  assert.ok(sentFlood >= 1 && sentDirect >= 3, `${sentFlood} by flood, ${sentDirect} direct`)
  ana.request(requestType.accessList)
  ana.request(requestType.telemetry)
  await until(() => ana.answers.length === 2, 'the telemetry')
  const readings = decodeTelemetry(decodeAnswer(ana.answers[1] ?? Buffer.alloc(0)).data)
  assert.deepEqual(readings, [{ channel: 1, kind: 'volts', value: 4.11 }])
  const admin = island.node('Admin')
  admin.login('master')
  await until(() => admin.welcomes.length === 1, 'the welcome of the admin')
  assert.equal(admin.welcomes[0]?.permission, 3)
  admin.request(requestType.accessList)
  await until(() => admin.answers.length === 1, 'the list')
  const list = decodeAnswer(admin.answers[0] ?? Buffer.alloc(0)).data
  assert.equal(Buffer.from(list.subarray(0, 7)).toString('hex'), `${admin.key.slice(0, 12)}03`)
})

test('admins command by radio, others are met with silence', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  const admin = island.node('Admin')
  admin.login('master')
  await until(() => admin.welcomes.length === 1, 'the welcome of the admin')
  ana.command('ver')
  const ask = async (words: string) => {
    const count = admin.replies.length
    admin.command(words)
    await until(() => admin.replies.length > count, `the answer to ${words}`)
    return admin.replies.at(-1) ?? ''
  }
  admin.command('dance')
  admin.command('dance')
  await until(() => admin.replies.length === 2, 'two equal answers')
  const texts = island.orders.map(({ packet }) => packet).filter(({ type }) => type === payloadType.text)
  assert.notDeepEqual(texts[0]?.payload, texts[1]?.payload)
  assert.match(await ask('7f|ver'), /^7f\|meshcore-room \d/)
  assert.match(await ask('clock'), /^\d\d:\d\d - \d+\/\d+\/\d{4} UTC$/)
  assert.equal(await ask('federation'), 'linked with hub')
  assert.equal(await ask('stats'), 'heard 5, sent 7, on air 1 s, noise -113 dBm')
  assert.equal(await ask('dance'), 'Unknown command')
  assert.equal(await ask('advert'), 'OK - Advert sent')
  assert.equal(await ask(`setperm ${ana.key.slice(0, 12)} 3`), 'OK')
  assert.equal(island.store.saved.get(ana.key)?.permission, 3)
  assert.ok((await ask('get acl')).includes(`${ana.key.slice(0, 8)}:3`))
  assert.match(await ask('stats-packets'), /^\{"recv":5,"sent":7,"flood_tx":\d+,/)
  assert.equal(await ask(`setperm ${ana.key} 0`), 'OK')
  assert.equal(island.store.saved.has(ana.key), false)
  for (const words of ['setperm', 'setperm zz 1', `setperm ${admin.key} 7`, 'setperm 00000000 1', 'password'])
    assert.match(await ask(words), /^Err - /)
  assert.deepEqual(ana.replies, [])
})

test('a packet heard on its way to the next hop is heard again when it comes from there; an ACK counts at once', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  ana.isMute = true
  const { payload, type } = ana.login('hello')
  const overheard = encodePacket({ route: 'direct', type, path: { hashBytes: 1, hops: fromHex('9c') }, payload })
  await island.server.hear(overheard)
  assert.equal(ana.welcomes.length, 1)
  await island.server.hear(encodePacket({ route: 'direct', type, path: noPath, payload }))
  await until(() => ana.welcomes.length === 2, 'the welcome')
  await island.room.say('one')
  await until(() => ana.pushes.length === 1, 'the push')
  const [push] = ana.pushes
  const ack = push && encodeAck({ ack: ackOf(push, ana.identity.publicKey), rest: new Uint8Array() })
  const path = { hashBytes: 1, hops: fromHex('9c') } as const
  await island.server.hear(encodePacket({ route: 'direct', type: payloadType.ack, path, payload: ack ?? payload }))
  assert.equal(island.store.saved.get(ana.key)?.syncSince, push?.timestamp)
})

test('an answer to a flood stays in the region of the request, with path hashes of its size', async t => {
  const island = new Island(t)
  const ana = island.node('Ana')
  const login = ana.login('hello')
  await until(() => ana.welcomes.length === 1, 'the welcome')
  const ben = island.node('Ben')
  ben.isMute = true
  const { payload, type } = ben.login('hello')
  const scoped: Packet = {
    route: 'transport-flood',
    type,
    transportCodes: [transportCode(eu.key, type, payload), 0],
    path: { hashBytes: 2, hops: fromHex('9cd5') },
    payload,
  }
  await island.server.hear(encodePacket(scoped))
  await until(() => ben.welcomes.length === 1, 'the scoped welcome')
  const answer = island.orders.findLast(({ packet }) => packet.type === payloadType.path)?.packet
  assert.equal(answer?.route, 'transport-flood')
  assert.equal(answer?.transportCodes?.[0], transportCode(eu.key, payloadType.path, answer?.payload ?? payload))
  assert.equal(answer?.path.hashBytes, 2)
  assert.equal(login.route, 'flood')
})

test('what nobody asked for goes by flood in the home region, pushes in that of the member', async t => {
  const island = new Island(t, { home: at })
  const advert = () => island.orders.find(({ airClass }) => airClass === 'advert')?.packet
  await until(() => advert() !== undefined, 'the advert')
  assert.equal(codeOf(advert()), at.key)
  const [ana, ben] = [island.node('Ana'), island.node('Ben')]
  ana.tellsWay = false
  ben.tellsWay = false
  ana.login('hello')
  ben.region = eu.key
  ben.login('hello')
  await until(() => ana.welcomes.length + ben.welcomes.length === 2, 'the welcomes')
  await island.room.say('hello')
  await until(() => ana.pushes.length + ben.pushes.length === 2, 'the pushes')
  const floods = island.orders.filter(({ packet }) => packet.type === payloadType.text && isFlood(packet))
  const toBen = ({ packet }: AirOrder) => packet.payload[0] === ben.identity.publicKey[0]
  assert.deepEqual(
    floods.map(one => [toBen(one), codeOf(one.packet)]).sort(),
    [
      [false, undefined],
      [true, eu.key],
    ].sort(),
  )
})

test('an ACK is said twice where that is wished, to who is reached directly', async t => {
  const island = new Island(t, { extraAcks: 1 })
  const ana = await island.member('Ana')
  const ack = ana.post('hello')
  await until(() => ana.acks.includes(ack), 'the ACK')
  const acks = island.orders.filter(({ author }) => author !== undefined)
  assert.deepEqual(
    acks.map(({ packet, delayMs, author }) => [packet.type, packet.route, delayMs, author]),
    [
      [payloadType.multipart, 'direct', 200, ana.key.slice(0, 8)],
      [payloadType.ack, 'direct', 500, ana.key.slice(0, 8)],
    ],
  )
  assert.equal(toHex(acks[0]?.packet.payload ?? Buffer.alloc(0)), `13${ack}`)
})

test('the room makes itself known', async t => {
  const island = new Island(t)
  const adverts = () => island.orders.filter(({ airClass }) => airClass === 'advert').map(({ packet }) => packet)
  await until(() => adverts().length > 0, 'the first advert')
  const { name, type, isSigned, position } = decodeAdvert(adverts()[0]?.payload ?? Buffer.alloc(0))
  assert.deepEqual([name, type, isSigned], ['Test Room', nodeType.room, true])
  assert.deepEqual(position, { latitude: 39.7392, longitude: -104.9903 })
  await island.restart()
  await until(() => adverts().length > 1, 'the advert after the restart')
  assert.deepEqual(
    adverts().map(({ route }) => route),
    ['flood', 'direct'],
  )
})

test('whatever else is heard, it goes on', async t => {
  const island = new Island(t)
  for (const hex of ['', '00', 'ff', '0a00034f614d', '1d0003', '0e0001020304', `1100${'00'.repeat(120)}`])
    await island.server.hear(fromHex(hex))
  await island.member('Ana')
})

test('what readers without a password are answered, and what guests ask for besides, is a courtesy', async t => {
  const island = new Island(t, { allowReadOnly: true })
  const [guest, reader] = [await island.member('Ana'), island.node('Eve')]
  reader.login('')
  await until(() => reader.welcomes.length === 1, 'the welcome')
  for (const node of [guest, reader]) {
    node.request(requestType.status)
    await until(() => node.answers.length === 1, 'the status')
  }
  const answers = island.orders.filter(({ airClass }) => ['answer', 'courtesy'].includes(airClass))
  assert.deepEqual(
    answers.map(({ kind, airClass }) => `${kind ?? 'request'}: ${airClass}`),
    ['login: answer', 'login: courtesy', 'request: courtesy', 'request: courtesy'],
  )
})

test('a disk that takes nothing is told of once in a while, not for every packet', async t => {
  const island = new Island(t)
  const ana = await island.member('Ana')
  island.store.save = () => {
    throw new StoreUnavailableError('the disk is full')
  }
  for (let i = 0; i < 20; i += 1) ana.post(`post ${i}`)
  await until(() => island.warnings.length > 0, 'a warning')
  await island.server.hear(encodePacket(ana.login('hello')))
  assert.deepEqual([island.warnings.length, ana.acks], [1, []])
  assert.match(island.warnings[0] ?? '', /packets are not answered: the disk is full/)
})

test('a disk that is full is no reason to keep who is sent away, nor to end', async t => {
  const island = new Island(t)
  const [late, ana] = [await island.member('Late'), await island.member('Ana')]
  const { remove } = island.store
  island.store.remove = () => {
    throw new StoreUnavailableError('the disk is full')
  }
  island.gateways.add(late.key)
  await island.room.say('hello')
  await until(() => ana.pushes.length === 1, 'the push to a member')
  assert.equal(late.pushes.length, 0)
  await island.restart()
  island.store.remove = remove
  await island.restart()
  assert.deepEqual([...island.store.saved.keys()], [ana.key])
})
