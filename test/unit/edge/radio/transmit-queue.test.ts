// The queue before the radio, with a radio and a clock of our own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AirBudget } from '#edge/radio/air-budget.ts'
import { noPath } from '#edge/radio/packet.ts'
import { type Radio, RadioError, type RadioState } from '#edge/radio/radio.ts'
import { type AirClass, type AirOrder, TransmitQueue } from '#edge/radio/transmit-queue.ts'
import { Time } from '#test/support/time.ts'

const settings = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5, txPowerDbm: 14 }

class FakeRadio implements Radio {
  readonly settings = settings
  state: RadioState = 'ready'
  readonly modem = null
  fails = false
  /** So often it says that it is busy, and sends all the same. */
  again = 0
  readonly sent: { byte: number; at: number }[] = []
  readonly #time: Time

  constructor(time: Time) {
    this.#time = time
  }

  listen(): void {}

  async send(packet: Uint8Array, _signal?: AbortSignal, mayAgain = () => true): Promise<void> {
    for (let i = 0; i < this.again; i += 1) if (!mayAgain()) throw new RadioError('busy')
    await this.#time.sleep(300, new AbortController().signal)
    if (this.fails) throw new RadioError('it says no')
    this.sent.push({ byte: packet.at(-1) ?? 0, at: this.#time.now })
  }

  stats() {
    const board = { batteryMillivolts: null, temperatureCelsius: null }
    const unknown = { ...board, damaged: null, noiseFloorDbm: null, lastSnrDb: null, lastRssiDbm: null }
    return { heard: 0, sent: 0, failed: 0, ...unknown, reopened: 0 }
  }

  async close(): Promise<void> {}
}

function setUp({
  dutyCycle = 1,
  windowMs = 3_600_000,
  keep = (): boolean => true,
  budget = new AirBudget({ dutyCycle, windowMs }),
} = {}) {
  const time = new Time()
  const radio = new FakeRadio(time)
  const told: number[] = []
  /** Rooms. */
  const forbidden = new Set<string>()
  const queue = new TransmitQueue({
    radio,
    budget,
    onSent: (_order, ms) => told.push(ms),
    keep,
    mayGo: ({ room }) => !forbidden.has(room),
    ticks: () => time.now,
    sleep: (ms, signal) => time.sleep(ms, signal),
  })
  const stopping = new AbortController()
  const running = queue.run(stopping.signal)
  const stop = async () => {
    stopping.abort()
    await running
  }
  return { time, radio, queue, told, forbidden, stop }
}

function order(byte: number, airClass: AirClass, delayMs = 0): AirOrder {
  const packet = { route: 'direct', type: 2, path: noPath, payload: Uint8Array.of(0, 0, 0, byte) } as const
  return { packet, airClass, delayMs, room: 'main' }
}

test('the most urgent goes first, of one kind the first, and one at a time', async () => {
  const { time, radio, queue, told } = setUp()
  const outcomes = [order(1, 'advert'), order(2, 'live'), order(3, 'live'), order(4, 'answer')].map(
    one => queue.send(one).sent,
  )
  await time.run(5000)
  assert.deepEqual(
    radio.sent.map(({ byte, at }) => [byte, at]),
    [
      [4, 300],
      [2, 600],
      [3, 900],
      [1, 1200],
    ],
  )
  assert.deepEqual(await Promise.all(outcomes), [true, true, true, true])
  assert.equal(told.length, 4)
})

test('an answer waits for its time and holds up nobody', async () => {
  const { time, radio, queue } = setUp()
  queue.send(order(1, 'answer', 2000))
  queue.send(order(2, 'live'))
  await time.run(5000)
  assert.deepEqual(
    radio.sent.map(({ byte, at }) => [byte, at]),
    [
      [2, 300],
      [1, 2300],
    ],
  )
})

test('what is cancelled, or too late, is not sent', async () => {
  const { time, radio, queue } = setUp()
  radio.state = 'opening'
  const late = queue.send(order(1, 'answer'))
  const cancelled = queue.send(order(2, 'live'))
  cancelled.cancel()
  await time.run(11_000)
  radio.state = 'ready'
  queue.ring()
  await time.run(60_000)
  assert.deepEqual([await late.sent, await cancelled.sent], [false, false])
  assert.equal(radio.sent.length, 0)
})

test('a radio that fails has perhaps used the air, and the next packet has its turn', async () => {
  const { time, radio, queue, told } = setUp()
  radio.fails = true
  const failed = queue.send(order(1, 'local'))
  await time.run(400)
  radio.fails = false
  const sent = queue.send(order(2, 'local'))
  await time.run(1000)
  assert.deepEqual([await failed.sent, await sent.sent], [false, true])
  assert.equal(told.length, 1)
})

test('posts leave the last part of the budget to answers, and go on when the window has moved', async () => {
  const { time, radio, queue } = setUp({ dutyCycle: 0.1, windowMs: 20_000 })
  for (let i = 0; i < 12; i += 1) queue.send(order(i, 'local'))
  await time.run(5000)
  const posts = radio.sent.length
  assert.ok(posts >= 6 && posts < 9, `${posts} posts of 222 ms in 2,000 ms`)
  queue.send(order(100, 'answer'))
  await time.run(1000)
  assert.equal(radio.sent.at(-1)?.byte, 100)
  await time.run(30_000)
  assert.equal(radio.sent.filter(({ byte }) => byte < 100).length, 12)
})

test('of too many the least urgent are dropped, the oldest of them first', async () => {
  const { time, radio, queue } = setUp()
  radio.state = 'opening'
  const first = queue.send(order(1, 'advert'))
  const others = Array.from({ length: 200 }, () => queue.send(order(2, 'local')))
  assert.equal(await first.sent, false)
  assert.equal(queue.length, 200)
  const one = queue.send(order(3, 'answer'))
  assert.equal(await others[0]?.sent, false)
  radio.state = 'ready'
  await time.run(2000)
  assert.equal(await one.sent, true)
})

test('when it stops, nobody waits for it any more', async () => {
  const { time, queue, stop } = setUp()
  const far = queue.send(order(1, 'live', 9000))
  await time.run(100)
  await stop()
  assert.equal(await far.sent, false)
})

test('while the air that is used cannot be written down, none is used', async () => {
  let isKept = false
  const { time, radio, queue, stop } = setUp({ keep: () => isKept })
  const lost = queue.send(order(1, 'answer'))
  await time.run(15_000)
  assert.equal((await lost.result).outcome, 'expired')
  queue.send(order(2, 'local'))
  await time.run(5000)
  assert.deepEqual(radio.sent, [])
  isKept = true
  await time.run(2000)
  assert.deepEqual(
    radio.sent.map(({ byte }) => byte),
    [2],
  )
  await stop()
})

test('what must not go is given up, whether it waits already or comes then', async () => {
  const { time, radio, queue, forbidden } = setUp()
  const outcomes = [order(1, 'live', 1000), { ...order(2, 'live', 1000), room: 'other' }].map(
    one => queue.send(one).result,
  )
  await time.run(500)
  forbidden.add('main')
  queue.ring()
  outcomes.push(queue.send(order(3, 'answer')).result)
  await time.run(5000)
  assert.deepEqual(
    (await Promise.all(outcomes)).map(({ outcome }) => outcome),
    ['cancelled', 'sent', 'cancelled'],
  )
  assert.deepEqual(
    radio.sent.map(({ byte }) => byte),
    [2],
  )
})

test('a room stays known while a backlog waits for air', async () => {
  const { time, radio, queue } = setUp({ dutyCycle: 0.1, windowMs: 40_000 })
  for (let i = 0; i < 15; i += 1) queue.send(order(1, 'catch-up'))
  await time.run(10_000)
  const before = radio.sent.length
  assert.ok(before > 0 && before < 15)
  queue.send(order(2, 'advert'))
  await time.run(1000)
  assert.equal(radio.sent.at(-1)?.byte, 2)
})

test('who asks for courtesies without end leaves the air to posts, adverts and the answers that matter', async () => {
  const { time, radio, queue } = setUp({ dutyCycle: 0.1, windowMs: 60_000 })
  for (let i = 0; i < 30; i += 1) queue.send(order(1, 'courtesy', i * 200))
  await time.run(8000)
  const courtesies = radio.sent.length
  assert.ok(courtesies >= 9 && courtesies <= 10, `${courtesies} of 222 ms in 6,000 ms`)
  for (let i = 0; i < 50; i += 1) queue.send(order(1, 'courtesy'))
  for (const airClass of ['catch-up', 'advert', 'live', 'local', 'answer'] as const) queue.send(order(2, airClass))
  await time.run(4000)
  assert.equal(radio.sent.length, courtesies + 5)
  assert.ok(radio.sent.slice(courtesies).every(({ byte }) => byte === 2))
})

test('what a busy radio is told twice is paid for twice, and not told again without air', async () => {
  const budget = new AirBudget({ dutyCycle: 0.1, windowMs: 10_000 })
  const { time, radio, queue } = setUp({ budget })
  radio.again = 2
  const sent = queue.send(order(1, 'answer'))
  await time.run(1000)
  assert.equal(await sent.sent, true)
  const usedMs = budget.usedMs(time.now)
  assert.ok(usedMs > 3 * 215 && usedMs < 3 * 230, `${usedMs} ms for three times 222 ms`)
  const second = queue.send(order(2, 'answer'))
  await time.run(1000)
  assert.equal((await second.result).outcome, 'failed')
  assert.equal(radio.sent.length, 1)
})
