// The owner of a node does what the apps do: says a post three times at most, and never floods the air with logins.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newIdentity, open, seal, sharedSecret } from '#edge/radio/crypto.ts'
import { decodeAnonymousRequest, decodeDatagram, encodeDatagram } from '#edge/radio/datagrams.ts'
import { decodeLogin, encodeLoginAnswer } from '#edge/radio/logins.ts'
import { encodePacket, isFlood, noPath, type Packet, payloadType } from '#edge/radio/packet.ts'
import { encodePathReturn } from '#edge/radio/path-returns.ts'
import { decodeRequest, encodeAnswer, keepAliveAck } from '#edge/radio/requests.ts'
import { ackOf, decodeText, encodeText, textType } from '#edge/radio/texts.ts'
import { IslandNode } from '#infra/island/node.ts'
import { HeldTime } from '#test/support/held-time.ts'

const airtimeMs = 300
/** As the firmware counts them, without hops. */
const floodTimeoutMs = 500 + 16 * airtimeMs
const directTimeoutMs = 500 + 6 * airtimeMs + 250

/** What a room makes of one packet of the node; undefined: silence. */
type Answer = (words: Uint8Array, packet: Packet) => Packet | undefined

class Bench {
  readonly time = new HeldTime()
  readonly sent: { at: number; packet: Packet }[] = []
  readonly room = newIdentity()
  readonly identity = newIdentity()
  readonly secret = sharedSecret(this.room, this.identity.publicKey) ?? new Uint8Array()
  readonly node: IslandNode
  isOn = true
  answers: Answer = () => undefined

  constructor() {
    this.node = new IslandNode({
      name: 'Ana',
      identity: this.identity,
      room: this.room.publicKey,
      time: this.time,
      clock: () => 1_000_000 + Math.floor(this.time.now() / 1000),
      power: isOn => {
        this.isOn = isOn
      },
      sender: { airtimeMs: () => airtimeMs, send: packet => this.#take(packet) },
    })
  }

  /** When it sent what is of this type, ms. */
  times(type: number): number[] {
    return this.sent.filter(({ packet }) => packet.type === type).map(({ at }) => at)
  }

  routes(type: number): string[] {
    return this.sent.filter(({ packet }) => packet.type === type).map(({ packet }) => packet.route)
  }

  texts() {
    return this.sent
      .filter(({ packet }) => packet.type === payloadType.text)
      .map(({ packet }) => decodeText(this.#open(packet)))
  }

  datagram(type: number, words: Uint8Array): Packet {
    const [to = 0, from = 0] = [this.identity.publicKey[0], this.room.publicKey[0]]
    const payload = encodeDatagram({ to, from, sealed: seal(this.secret, words) })
    return { route: 'direct', type, path: noPath, payload }
  }

  /** Its answer to a login: with the way in it, when it came by flood. */
  welcome({ route }: Packet): Packet {
    const random = Uint8Array.of(this.sent.length, 2, 3, 4)
    const answer = encodeLoginAnswer({ now: 1, permission: 2, keepAliveSeconds: 0, random })
    if (route !== 'flood') return this.datagram(payloadType.response, answer)
    const words = encodePathReturn({ path: noPath, extraType: payloadType.response, extra: answer })
    return this.datagram(payloadType.path, words)
  }

  hear(packet: Packet): void {
    this.node.hear(encodePacket(packet))
  }

  push(text: string): void {
    const words = { timestamp: 77, type: textType.signed, attempt: 0, authorPrefix: new Uint8Array(4) }
    this.hear(this.datagram(payloadType.text, encodeText({ ...words, text: Buffer.from(text) })))
  }

  #take(packet: Packet): void {
    this.sent.push({ at: this.time.now(), packet })
    if (packet.type === payloadType.ack || packet.type === payloadType.path) return
    const answer = this.answers(this.#open(packet), packet)
    if (answer !== undefined) this.time.after(10, () => this.hear(answer))
  }

  #open({ type, payload }: Packet): Uint8Array {
    const isAnonymous = type === payloadType.anonymousRequest
    const { sealed } = isAnonymous ? decodeAnonymousRequest(payload) : decodeDatagram(payload)
    return open(this.secret, sealed) ?? new Uint8Array()
  }
}

const ackPacket = (ack: Uint8Array): Packet => ({ route: 'direct', type: payloadType.ack, path: noPath, payload: ack })

/** A room that welcomes, and acknowledges every text but the first `silent`. */
function friendly(bench: Bench, silent = 0): Answer {
  let texts = 0
  return (words, packet) => {
    if (packet.type === payloadType.anonymousRequest) return bench.welcome(packet)
    texts += 1
    return texts <= silent ? undefined : ackPacket(ackOf(decodeText(words), bench.identity.publicKey))
  }
}

test('a login is sent by flood, and the next one by the way that was learnt', async () => {
  const bench = new Bench()
  bench.answers = friendly(bench)
  for (let i = 0; i < 2; i += 1) {
    const welcome = bench.node.login('hello')
    await bench.time.pass(1000)
    assert.equal((await welcome)?.permission, 2)
  }
  assert.deepEqual(bench.routes(payloadType.anonymousRequest), ['flood', 'direct'])
  assert.equal(bench.node.welcomes.length, 2)
})

test('a post is said three times at most, each time as another packet, and the last time by flood', async () => {
  const bench = new Bench()
  bench.answers = friendly(bench, 2)
  void bench.node.login('hello')
  await bench.time.pass(1000)
  const outcome = bench.node.post('Chains on')
  await bench.time.pass(20_000)
  assert.deepEqual({ ...(await outcome), ms: 0 }, { isAcked: true, tries: 3, ms: 0 })
  assert.deepEqual(bench.times(payloadType.text), [1000, 1000 + directTimeoutMs, 1000 + 2 * directTimeoutMs])
  assert.deepEqual(bench.routes(payloadType.text), ['direct', 'direct', 'flood'])
  assert.deepEqual(
    bench.texts().map(({ attempt }) => attempt),
    [0, 1, 2],
  )
  assert.equal(new Set(bench.texts().map(({ timestamp }) => timestamp)).size, 1)
})

test('the ACK of an earlier try counts as well', async () => {
  const bench = new Bench()
  const outcome = bench.node.post('late')
  await bench.time.pass(floodTimeoutMs + 100)
  const [first] = bench.texts()
  assert.ok(first)
  bench.hear(ackPacket(ackOf(first, bench.identity.publicKey)))
  await bench.time.pass(10)
  assert.deepEqual({ ...(await outcome), ms: 0 }, { isAcked: true, tries: 2, ms: 0 })
})

test('after two posts without any ACK it logs in again; and while that is in vain, later and later', async () => {
  const bench = new Bench()
  bench.answers = friendly(bench)
  void bench.node.login('hello')
  await bench.time.pass(1000)
  bench.answers = () => undefined
  for (let i = 0; i < 150; i += 1) {
    const outcome = bench.node.post(`${i}`)
    await bench.time.pass(25_000)
    assert.equal((await outcome).isAcked, false)
  }
  const [, ...logins] = bench.times(payloadType.anonymousRequest)
  const pauses = logins.slice(1).map((at, i) => at - (logins[i] ?? 0))
  assert.ok(logins.length >= 5 && logins.length <= 10, `${logins.length} logins in an hour`)
  assert.ok(
    pauses.every((ms, i) => ms >= Math.min(600_000, 60_000 * 2 ** i)),
    `${pauses}`,
  )
  assert.ok(pauses.every(ms => ms < 700_000))
})

test('a password that is met with silence is tried three times, with growing pauses, and then no more', async () => {
  const bench = new Bench()
  const welcome = bench.node.login('guess')
  await bench.time.pass(600_000)
  assert.equal(await welcome, undefined)
  const first = floodTimeoutMs + 2000
  assert.deepEqual(bench.times(payloadType.anonymousRequest), [0, first, first + floodTimeoutMs + 4000])
})

test('it logs in with the second up to which it has the posts', async () => {
  const bench = new Bench()
  bench.push('hello')
  let since = 0
  bench.answers = words => {
    since = decodeLogin(words).syncSince
    return undefined
  }
  void bench.node.login('hello', { tries: 1 })
  assert.equal(since, 77)
})

test('who is mute hears and says nothing; who is off neither', async () => {
  const bench = new Bench()
  bench.node.isMute = true
  bench.push('one')
  assert.deepEqual([bench.node.texts, bench.sent.length], [['one'], 0])
  bench.node.isMute = false
  bench.push('two')
  assert.deepEqual([bench.node.texts, bench.sent.length], [['one', 'two'], 1])
  bench.node.isOff = true
  assert.equal(bench.isOn, false)
  const outcome = bench.node.post('three')
  await bench.time.pass(60_000)
  assert.equal((await outcome).isAcked, false)
  assert.equal(bench.sent.length, 1)
})

test('requests, keep-alives and commands get their own answers', async () => {
  const bench = new Bench()
  bench.answers = (words, packet) => {
    if (packet.type === payloadType.text) {
      const text = { timestamp: 5, type: textType.command, attempt: 0, text: Buffer.from('OK') }
      return bench.datagram(payloadType.text, encodeText(text))
    }
    const request = decodeRequest(words)
    if (request.type !== 2)
      return bench.datagram(payloadType.response, encodeAnswer(request.timestamp, Buffer.from('stats')))
    return ackPacket(Buffer.concat([keepAliveAck(request, bench.identity.publicKey), Uint8Array.of(7)]))
  }
  const answers = Promise.all([bench.node.command('ver'), bench.node.request(1), bench.node.keepAlive()])
  await bench.time.pass(1000)
  const [reply, stats, unsynced] = await answers
  assert.deepEqual(
    [
      reply,
      Buffer.from(stats ?? [])
        .toString()
        .slice(0, 5),
      unsynced,
    ],
    ['OK', 'stats', 7],
  )
  bench.answers = () => undefined
  const nothing = bench.node.command('ver')
  await bench.time.pass(20_000)
  assert.equal(await nothing, undefined)
  assert.ok(bench.sent.every(({ packet }) => isFlood(packet)))
})
