// A companion of an island makes and takes the very packets that the firmware's did.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAdvert, nodeType } from '#edge/radio/adverts.ts'
import { identityFromPrivateKey, keyFromName, open, sharedSecret } from '#edge/radio/crypto.ts'
import { decodePacket, encodePacket, noPath, type Packet, type Route } from '#edge/radio/packet.ts'
import { decodePathReturn } from '#edge/radio/path-returns.ts'
import type { Text } from '#edge/radio/texts.ts'
import { Companion } from '#infra/island/companion.ts'
import type { SendWishes } from '#infra/island/mesh-sender.ts'
import { fromHex, meshcoreIdentities, meshcoreVectors, toHex } from '#test/support/meshcore-vectors.ts'

const room = identityFromPrivateKey(fromHex(meshcoreIdentities.room?.prv))

function vector(name: string): { hex: string; fields: Record<string, unknown> } {
  const found = meshcoreVectors.find(one => one.name === name)
  if (found === undefined) throw new Error(`no vector ${name}`)
  return { hex: found.hex, fields: (found.decoded.fields ?? {}) as Record<string, unknown> }
}

class Bench {
  readonly sent: { hex: string; packet: Packet; wishes: SendWishes }[] = []
  readonly pushes: Text[] = []
  readonly acks: string[] = []
  readonly responses: string[] = []
  readonly replies: string[] = []
  readonly contacts: string[] = []
  readonly companion: Companion
  readonly #name: string
  seconds = 0

  constructor(name: string, region?: Uint8Array) {
    this.#name = name
    this.companion = new Companion({
      name,
      identity: identityFromPrivateKey(fromHex(meshcoreIdentities[name]?.prv)),
      room: room.publicKey,
      region,
      clock: () => this.seconds,
      sender: {
        send: (packet, wishes = {}) => void this.sent.push({ hex: toHex(encodePacket(packet)), packet, wishes }),
        airtimeMs: () => 300,
      },
      events: {
        onPush: push => this.pushes.push(push),
        onAck: (ack, rest) => this.acks.push(ack + toHex(rest)),
        onResponse: bytes => this.responses.push(toHex(bytes)),
        onReply: text => this.replies.push(text),
        onChannelText: () => {},
        onContact: ({ publicKey, name: contact }) => this.contacts.push(`${toHex(publicKey).slice(0, 8)} ${contact}`),
      },
    })
  }

  hear(name: string): void {
    this.companion.hear(fromHex(vector(name).hex))
  }

  /** The same payload by another way. */
  hearBy(name: string, route: Route, path = noPath): void {
    this.companion.hear(encodePacket({ ...decodePacket(fromHex(vector(name).hex)), route, path }))
  }

  /** The path return that was sent as number `index`, opened. */
  pathReturn(index: number): { path: string; extraType: number; extra: string } {
    const own = identityFromPrivateKey(fromHex(meshcoreIdentities[this.#name]?.prv))
    const secret = sharedSecret(own, room.publicKey) ?? new Uint8Array()
    const words = open(secret, this.sent[index]?.packet.payload.subarray(2) ?? new Uint8Array())
    assert.ok(words)
    const { path, extraType, extra } = decodePathReturn(words)
    return { path: toHex(path.hops), extraType, extra: toHex(extra.subarray(0, 4)) }
  }
}

const plain = (name: string): Text => {
  const { timestamp, attempt, text_hex } = vector(name).fields
  return { timestamp: Number(timestamp), type: 0, attempt: Number(attempt), text: fromHex(text_hex) }
}

test('logins and posts are the firmware’s, by flood until the way is known', () => {
  const alice = new Bench('alice')
  alice.seconds = Number(vector('login.guest.flood.request').fields.timestamp)
  assert.equal(alice.companion.login('hello').timeoutMs, 500 + 16 * 300)
  assert.equal(alice.sent[0]?.hex, vector('login.guest.flood.request').hex)
  alice.hear('login.guest.flood.response')
  assert.equal(alice.responses.length, 1)
  assert.deepEqual(alice.companion.path?.hops.length, 0)
  alice.seconds = Number(vector('login.guest.direct.request').fields.timestamp)
  assert.equal(alice.companion.login('hello').timeoutMs, 500 + 6 * 300 + 250)
  const post = alice.companion.text(plain('post.direct'))
  const again = alice.companion.text(plain('post.retry'))
  const [, , login, first, second] = alice.sent.map(({ hex }) => hex)
  assert.deepEqual(
    [login, first, second],
    ['login.guest.direct.request', 'post.direct', 'post.retry'].map(name => vector(name).hex),
  )
  assert.deepEqual([post.ack, again.ack], ['96de07d2', 'c223efa7'])
  alice.hear('post.multiack.ack')
  assert.deepEqual(alice.acks, [vector('post.multiack.ack').fields.ack])
})

test('in a region it floods with the region’s code', () => {
  const { hex, fields } = vector('scoped.login.request')
  const alice = new Bench('alice', keyFromName('#eu'))
  alice.seconds = Number(fields.timestamp)
  alice.companion.syncSince = Number(fields.sync_since)
  alice.companion.login(String(fields.password))
  assert.equal(alice.sent[0]?.hex, hex)
})

test('who hears a path return by flood tells the way back, by the way that it has learnt', () => {
  const alice = new Bench('alice')
  alice.hearBy('hop.h1.login.response', 'flood', { hashBytes: 1, hops: Uint8Array.of(0x9c) })
  assert.equal(toHex(alice.companion.path?.hops ?? new Uint8Array()), '9c')
  const { packet, wishes } = alice.sent[0] ?? {}
  assert.deepEqual([packet?.route, toHex(packet?.path.hops ?? new Uint8Array())], ['direct', '9c'])
  assert.deepEqual(wishes, { priority: 1, delayMs: 500 })
  assert.deepEqual({ ...alice.pathReturn(0), extra: '' }, { path: '9c', extraType: 255, extra: '' })
})

test('a push is acknowledged direct, or within a path return; the same bytes again are met with silence', () => {
  const bob = new Bench('bob')
  bob.companion.path = noPath
  bob.hear('push.direct')
  assert.equal(bob.sent[0]?.hex, vector('push.direct.ack').hex)
  assert.deepEqual(bob.sent[0]?.wishes, { priority: 0, delayMs: 200 })
  assert.deepEqual([bob.pushes.length, bob.companion.syncSince], [1, vector('push.direct').fields.timestamp])
  bob.hear('push.direct')
  bob.hearBy('push.direct', 'flood')
  assert.deepEqual([bob.pushes.length, bob.sent.length], [1, 1])

  const carol = new Bench('carol')
  carol.hear('push.flood')
  assert.equal(carol.sent[0]?.packet.route, 'flood')
  const ack = String(vector('push.flood').fields.expected_ack)
  assert.deepEqual(carol.pathReturn(0), { path: '', extraType: 3, extra: ack })
})

test('what is for a repeater, for somebody else, or damaged is left alone; an ACK counts wherever it is heard', () => {
  const bob = new Bench('bob')
  bob.hearBy('push.direct', 'direct', { hashBytes: 1, hops: Uint8Array.of(7) })
  bob.hear('push.flood')
  for (const { hex } of meshcoreVectors.filter(({ name }) => name.startsWith('malformed')))
    bob.companion.hear(fromHex(hex))
  assert.deepEqual([bob.sent.length, bob.pushes.length], [0, 0])
  const count = bob.acks.length
  bob.hearBy('post.multiack.ack', 'direct', { hashBytes: 1, hops: Uint8Array.of(7) })
  assert.equal(bob.acks.length, count + 1)
})

test('it knows who has made himself known, and gives each second once', () => {
  const carol = new Bench('carol')
  carol.hear('advert.chat.flood')
  assert.equal(carol.contacts.length, 1)
  const own = encodeAdvert(identityFromPrivateKey(fromHex(meshcoreIdentities.carol?.prv)), 5, {
    type: nodeType.chat,
    name: 'b',
  })
  carol.companion.hear(encodePacket({ route: 'flood', type: 4, path: noPath, payload: own }))
  assert.equal(carol.contacts.length, 1)
  carol.seconds = 100
  assert.deepEqual([carol.companion.uniqueTime(), carol.companion.uniqueTime()], [100, 101])
  carol.seconds = 50
  assert.equal(carol.companion.uniqueTime(), 102)
})
