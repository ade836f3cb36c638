// Where posts are said without an ACK: in a channel, and on a room server's command line.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Post } from '#common/post.ts'
import { blankAck, blankChannelText, blankKeepAlive, blankLogin, blankText } from '#edge/gateway/blank-packets.ts'
import { ChannelTarget } from '#edge/gateway/channel-target.ts'
import { CliTarget } from '#edge/gateway/cli-target.ts'
import type { OutgoingPart } from '#edge/gateway/outgoing.ts'
import { RadioClock } from '#edge/gateway/radio-clock.ts'
import type { CompanionCommand } from '#edge/radio/companion-commands.ts'
import { CompanionRefusal, type CompanionRequest } from '#edge/radio/companion-session.ts'
import type { KnownCompanion } from '#edge/radio/companion-setup.ts'
import { encodePacket, noPath } from '#edge/radio/packet.ts'
import { RadioError } from '#edge/radio/radio.ts'

const channel = { name: '#club', secret: new Uint8Array(16) }
const settings = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5, txPowerDbm: 14 }
const modem: KnownCompanion = {
  ...{ board: 'x', version: 13, name: 'Gateway', publicKey: new Uint8Array(32), settings, contactsSince: 0 },
  channels: new Map([[3, channel]]),
}
const texts = { origin: 'here', cityOf: () => 'City B' }
const post: Post = {
  ...{ guid: 'g', room: 'main', origin: 'there', at: 1, author: { name: 'Ben' }, source: 'client', sig: '' },
  text: 'é'.repeat(300),
}

function partOf(text: string, stamp?: number): OutgoingPart & { stamps: number[] } {
  const stamps: number[] = []
  return {
    text,
    airClass: 'live',
    kind: 'push-federated',
    room: 'main',
    author: 'a',
    stamp,
    stamped: one => stamps.push(one),
    stamps,
  }
}

function inChannel(fails?: Error, hasAir = true) {
  const commands: CompanionCommand[] = []
  const target = new ChannelTarget({
    radio: {
      modem,
      send: async <T>({ command, pick }: CompanionRequest<T>) => {
        commands.push(command)
        if (fails !== undefined) throw fails
        return pick({ kind: 'ok' }) as T
      },
    },
    channel,
    air: { send: () => ({ sent: Promise.resolve(hasAir), cancel: () => {} }) },
    clock: new RadioClock({ last: 0, save: () => {}, seconds: () => 1000 }),
    texts,
  })
  return { target, commands }
}

test("in a channel the radio's own name takes its place in the 160 bytes, and the author stands in every part", () => {
  const { parts = [] } = inChannel().target.quote(post) ?? {}
  assert.ok(parts.length > 3)
  for (const part of parts) assert.ok(part.startsWith('Ben@City B: ') && Buffer.byteLength(`Gateway: ${part}`) <= 160)
})

test('it is said by the number that the radio has for the channel, each with a second of its own', async () => {
  const { target, commands } = inChannel()
  const [one, two] = [partOf('a'), partOf('b')]
  assert.deepEqual([await target.send(one), await target.send(two)], ['said', 'said'])
  assert.deepEqual([one.stamps, two.stamps], [[1000], [1001]])
  const [command] = commands
  assert.ok(command?.kind === 'send-channel-text')
  assert.deepEqual([command.channel, command.timestamp, Buffer.from(command.text).toString()], [3, 1000, 'a'])
})

test('begun before, it bears the second of then: nodes that have heard it drop it', async () => {
  const part = partOf('a', 77)
  await inChannel().target.send(part)
  assert.deepEqual(part.stamps, [77])
})

test('refused, or without air, it is unsaid; a radio that was lost leaves it unknown', async () => {
  assert.equal(await inChannel(new CompanionRefusal('x', 2)).target.send(partOf('a')), 'unsaid')
  assert.equal(await inChannel(new RadioError('unplugged')).target.send(partOf('a')), 'unknown')
  assert.equal(await inChannel(undefined, false).target.send(partOf('a')), 'unsaid')
  assert.equal(await inChannel(undefined, false).target.send(partOf('a', 77)), 'unknown')
})

test('the command line of a room server takes parts of 130 bytes, and is waited for', async () => {
  const written: string[] = []
  const cli = {
    state: 'ready' as 'ready' | 'opening',
    post: async (text: string) => {
      if (text === 'lost') throw new RadioError('no answer')
      return written.push(text) < 3
    },
  }
  const target = new CliTarget({ cli, key: new Uint8Array(32), texts, rfMaxAgeMs: 1000 })
  const { parts = [] } = target.quote(post) ?? {}
  assert.ok(parts.every(part => Buffer.byteLength(part) <= 130 && part.startsWith('Ben@City B: ')))
  const outcomes = [await target.send(partOf('a')), await target.send(partOf('b')), await target.send(partOf('c'))]
  assert.deepEqual([...outcomes, await target.send(partOf('lost'))], ['said', 'said', 'unsaid', 'unsaid'])
  cli.state = 'opening'
  assert.equal(target.quote(post), undefined)
})

test('blank packets are as long as those that the firmware was seen to send', () => {
  const bytes = (packet: Parameters<typeof encodePacket>[0]) => encodePacket(packet).length
  // Of a trial with the firmware on a virtual air: password "hello"; ACK; "Ana: Chains on at the pass" as a direct text.
  assert.equal(bytes(blankLogin(5, null)), 53)
  assert.equal(bytes(blankAck(noPath)), 6)
  assert.equal(bytes(blankAck(null)), 22)
  assert.equal(bytes(blankKeepAlive(noPath)), 22)
  assert.equal(bytes(blankText(20, noPath)), 38)
  assert.equal(bytes(blankChannelText('GW-A: Ana: Chains on'.length)), 37)
})
