// What room.conf says of the mesh is on the air: a preset, the home region, path hashes, a position, ACKs said twice.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeAdvert } from '#edge/radio/adverts.ts'
import { keyFromName, transportCode } from '#edge/radio/crypto.ts'
import { type Packet, payloadType } from '#edge/radio/packet.ts'
import { Island } from '#infra/island/island.ts'
import { toHex } from '#test/support/meshcore-vectors.ts'
import { startEdge } from '#test/support/programs.ts'
import { roomKey } from '#test/support/room-key.ts'
import { waitFor } from '#test/support/wait-for.ts'

const deadlineMs = 90_000
const denver = keyFromName('#Denver')

function isInDenver({ route, type, payload, transportCodes }: Packet): boolean {
  return route === 'transport-flood' && transportCodes?.[0] === transportCode(denver, type, payload)
}

test('a preset, regions, path hashes, a position and multi-acks of room.conf', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-air-'))
  await using island = await Island.start({ speed: 20, regions: [denver] })
  const { port } = await island.modem({ port: join(folder.path, 'tty') }).then(modem => modem.conf)
  const mesh = { regions: ['#Boulder'], region: 'Denver', path_hash_bytes: 2, extra_acks: 1 }
  const conf = {
    room: { guest_password: 'hello', latitude: 39.7392, longitude: -104.9903 },
    // Stock radios of the island have 4/5.
    radio: { port, preset: 'EU/UK (Narrow)', coding_rate: 5, tx_power: 14, ...mesh },
  }
  await using city = await startEdge({ name: 'City A', conf })
  await city.waitForLine(/Radio at .* is ready/, deadlineMs)
  const sent = (type: number) =>
    island.sent.flatMap(({ who, packet }) => (who === 'modem' && packet?.type === type ? [packet] : []))
  const [advert] = await waitFor(() => sent(payloadType.advert), {
    what: 'the advert',
    deadlineMs,
    until: adverts => adverts.length > 0,
  })
  assert.ok(advert && isInDenver(advert))
  assert.equal(advert.path.hashBytes, 2)
  assert.deepEqual(decodeAdvert(advert.payload).position, { latitude: 39.7392, longitude: -104.9903 })

  const ana = island.node('Ana', { room: await roomKey(city) })
  assert.ok(await ana.login('hello'))
  // The first may come before the room knows the way, which is told with the welcome.
  for (let i = 0; i < 3; i += 1) assert.ok((await ana.post(`post ${i}`)).isAcked)
  const acks = sent(payloadType.multipart).map(({ payload }) => toHex(payload.subarray(1)))
  assert.ok(acks.length >= 2)
  const saidAgain = () => sent(payloadType.ack).filter(({ payload }) => acks.includes(toHex(payload))).length
  await waitFor(saidAgain, { what: 'every ACK once more', deadlineMs, until: count => count === acks.length })
})
