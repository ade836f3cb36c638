// The modem of an island says what the firmware's own modem said, byte for byte.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Air, type Antenna } from '#infra/island/air.ts'
import { chanceOf } from '#infra/island/chance.ts'
import { KissModem } from '#infra/island/kiss-modem.ts'
import { HeldTime } from '#test/support/held-time.ts'
import { kissTranscript } from '#test/support/kiss-transcript.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

/** As long as the firmware's took at most, default carrier sense included. */
const answerMs = 4000
const fast = 'c00100c0c002ffc0c00300c0'
const setRadio = 'c006095051d53324f400000805c0'

class Bench {
  readonly time = new HeldTime()
  readonly air = new Air({ time: this.time, seed: 'test', onFlight: ({ from, packet }) => this.#sent(from, packet) })
  readonly modem: KissModem
  readonly other: Antenna
  readonly sent: string[] = []
  said = ''
  reboots = 0

  constructor() {
    const antenna = this.air.join({
      name: 'modem',
      place: 0,
      hear: heard => this.modem.hear(heard),
      damaged: () => this.modem.damaged(),
    })
    this.modem = new KissModem({
      antenna,
      time: this.time,
      chance: chanceOf('test'),
      name: 'Native Linux',
      write: bytes => {
        this.said += toHex(bytes)
      },
      onReboot: () => {
        this.reboots += 1
      },
    })
    this.other = this.air.join({ name: 'other', place: 0, hear: () => {} })
    this.other.tuning = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }
  }

  tell(hex: string): void {
    this.modem.take(fromHex(hex))
  }

  /** What it says within `answerMs`; as soon as it has said something. */
  next(): string {
    for (let ms = 0; this.said === '' && ms < answerMs; ms += 1) this.time.advance(1)
    const said = this.said
    this.said = ''
    return said
  }

  #sent(from: string, packet: Uint8Array): void {
    if (from === 'modem') this.sent.push(toHex(packet))
  }
}

/** The others need somebody else on the air, or the crypto service. */
const replayed = [
  'identity and radio',
  'signal report',
  'housekeeping',
  'errors and silent drops',
  'transmit with default CSMA',
  'transmit, fast',
  'second Data while busy',
  'escapes, host to modem',
  'oversize',
  'bad escape',
  'framing',
  'reboot',
]

test('every answer and every silence of the transcript', () => {
  const bench = new Bench()
  const frames = kissTranscript.filter(({ section }) => replayed.includes(section)).flatMap(session => session.frames)
  let asked = ''
  for (const { dir, hex, meaning } of frames) {
    if (dir === 'host->modem') {
      asked = meaning
      bench.tell(hex)
    } else if (asked !== 'GetIdentity') assert.equal(bench.next(), hex, `${asked}: ${meaning}`)
    else bench.next()
  }
  assert.equal(bench.next(), '')
  assert.deepEqual(bench.sent.slice(0, 2), ['0e0001020304', '0e0005060708'])
  assert.ok(bench.sent.includes('0e00c0dbdcddc0db') && !bench.sent.includes('0e00bbbbbbbb'))
  assert.equal(bench.reboots, 1)
})

test('a packet goes out when the air is free, or after one and a half times the longest', () => {
  const bench = new Bench()
  bench.tell(setRadio + fast)
  bench.next()
  bench.other.send(new Uint8Array(255), () => {})
  bench.time.advance(20)
  bench.tell('c0060ec0')
  assert.equal(bench.next(), 'c0068e01c0')
  bench.tell('c0000e0001020304c0')
  bench.time.advance(1480)
  assert.deepEqual(bench.sent, [])
  bench.time.advance(20)
  assert.deepEqual(bench.sent, ['0e0001020304'])

  const busy = new Bench()
  busy.tell(setRadio + fast)
  busy.next()
  const third = busy.air.join({ name: 'third', place: 0, hear: () => {} })
  third.tuning = busy.other.tuning
  busy.other.send(new Uint8Array(255), () => {})
  busy.time.after(1000, () => void third.send(new Uint8Array(255), () => {}))
  busy.time.advance(20)
  busy.tell('c0000e0001020304c0')
  busy.time.advance(2260)
  assert.deepEqual(busy.sent, [])
  busy.time.advance(20)
  assert.deepEqual(busy.sent, ['0e0001020304'])
})

test('what it hears comes with how it was heard; what collides is counted; a restart forgets all', () => {
  const bench = new Bench()
  bench.tell(setRadio)
  bench.next()
  bench.other.send(fromHex('0e00c0dbdbdc'), () => {})
  assert.match(bench.next(), /^c0000e00dbdcdbdddbdddcc0c006f9....c0$/)
  bench.tell('c0061900c0')
  bench.next()
  bench.other.send(fromHex('0e0055667788'), () => {})
  assert.equal(bench.next(), 'c0000e0055667788c0')
  const third = bench.air.join({ name: 'third', place: 0, hear: () => {} })
  third.tuning = bench.other.tuning
  third.send(new Uint8Array(9), () => {})
  bench.other.send(new Uint8Array(9), () => {})
  assert.equal(bench.next(), '')
  bench.tell('c00612c0')
  assert.equal(bench.next(), 'c00692020000000000000002000000c0')
  bench.modem.restart()
  bench.tell('c00612c0c0060bc0')
  assert.equal(bench.next(), 'c00692000000000000000000000000c0c0068b00000000000000000000c0')
})
