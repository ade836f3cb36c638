// A repeater of an island passes on what the firmware's passed on, in the same bytes; and how senders wait for the air.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityFromPrivateKey, keyFromName } from '#edge/radio/crypto.ts'
import { decodePacket, encodePacket, type Packet } from '#edge/radio/packet.ts'
import { Air } from '#infra/island/air.ts'
import { chanceOf } from '#infra/island/chance.ts'
import { MeshSender } from '#infra/island/mesh-sender.ts'
import { Repeater } from '#infra/island/repeater.ts'
import { HeldTime } from '#test/support/held-time.ts'
import { fromHex, meshcoreIdentities, meshcoreVectors, toHex } from '#test/support/meshcore-vectors.ts'

const identity = identityFromPrivateKey(fromHex(meshcoreIdentities.repeater?.prv))

function bytesOf(name: string): Buffer {
  return fromHex(meshcoreVectors.find(one => one.name === name)?.hex)
}

function repeater(regions: readonly Uint8Array[] = []) {
  const sent: { hex: string; delayMs: number }[] = []
  const sender = {
    send: (packet: Packet, { delayMs = 0 } = {}) => void sent.push({ hex: toHex(encodePacket(packet)), delayMs }),
    airtimeMs: () => 400,
  }
  return { repeater: new Repeater({ identity, sender, chance: chanceOf('test'), regions }), sent }
}

/** As it was before this repeater: a flood without its hash at the end, anything else with it at the beginning. */
function before(name: string): Uint8Array {
  const packet = decodePacket(bytesOf(name))
  const { hashBytes, hops } = packet.path
  const own = identity.publicKey.subarray(0, hashBytes)
  const earlier = packet.route === 'flood' ? hops.subarray(0, hops.length - hashBytes) : Buffer.concat([own, hops])
  return encodePacket({ ...packet, path: { hashBytes, hops: earlier } })
}

const forwarded = meshcoreVectors
  .filter(({ name }) => /^hop\.h[123]\..*\.forwarded$/.test(name))
  .map(({ name }) => name)

test('each packet that the firmware’s repeater forwarded, with hashes of 1 to 3 bytes, once', () => {
  assert.ok(forwarded.length >= 12)
  for (const name of forwarded) {
    const { repeater: one, sent } = repeater()
    one.hear(before(name))
    one.hear(before(name))
    assert.deepEqual(
      sent.map(({ hex }) => hex),
      [toHex(bytesOf(name))],
      name,
    )
    const delayMs = sent[0]?.delayMs ?? -1
    const isAck = decodePacket(bytesOf(name)).type === 3
    assert.ok(isAck ? delayMs === 0 : delayMs >= 0 && delayMs <= 1000, `${name}: ${delayMs} ms`)
  }
})

test('what names another hop, has no way left, or is of an unknown region goes no further', () => {
  const { repeater: one, sent } = repeater()
  for (const name of [
    'malformed.drop.txt-direct-path-not-me',
    'post.direct',
    'scoped.login.request',
    'push.direct.ack',
  ])
    one.hear(bytesOf(name))
  one.hear(Uint8Array.of(255))
  assert.deepEqual(sent, [])
  const known = repeater([keyFromName('#eu')])
  known.repeater.hear(bytesOf('scoped.login.request'))
  assert.equal(known.sent.length, 1)
})

test('a sender waits while somebody is heard, sends the most urgent first, and after 4 s all the same', () => {
  const time = new HeldTime()
  const sent: string[] = []
  const air = new Air({ time, seed: 'test', onFlight: ({ from, packet }) => sent.push(`${from} ${packet.length}`) })
  const [a, b, c] = ['a', 'b', 'c'].map(name => {
    const antenna = air.join({ name, place: 0, hear: () => {} })
    antenna.tuning = { frequencyHz: 1, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }
    return antenna
  })
  assert.ok(a && b && c)
  const sender = new MeshSender({ antenna: a, time, chance: chanceOf('test') })
  b.send(new Uint8Array(200), () => {})
  time.advance(20)
  sender.sendBytes(new Uint8Array(10), { priority: 2 })
  sender.sendBytes(new Uint8Array(11), { priority: 0 })
  sender.sendBytes(new Uint8Array(12), { priority: 0, delayMs: 5000 })
  time.advance(1100)
  assert.deepEqual(sent, ['b 200'])
  time.advance(1000)
  assert.deepEqual(sent, ['b 200', 'a 11', 'a 10'])
  time.advance(5000)
  assert.equal(sent.at(-1), 'a 12')

  // Two that take turns leave no gap.
  const talk = (one: typeof b, other: typeof b) => {
    one.send(new Uint8Array(255), () => {})
    time.after(1000, () => talk(other, one))
  }
  talk(b, c)
  time.advance(20)
  const since = time.now()
  sender.sendBytes(new Uint8Array(13))
  while (sent.at(-1) !== 'a 13' && time.now() < since + 10_000) time.advance(10)
  assert.ok(time.now() - since > 4000 && time.now() - since < 4500, `${time.now() - since} ms`)
})
