// The air of an island: it takes the formula's time, and never lets one station hear two things at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Air, type AirOptions, type Antenna, type Fate, type Flight } from '#infra/island/air.ts'
import { HeldTime } from '#test/support/held-time.ts'

const tuning = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }

interface Landing {
  flight: Flight
  to: string
  fate: Fate
}

class Sky {
  readonly time = new HeldTime()
  readonly landings: Landing[] = []
  readonly flights: Flight[] = []
  readonly heard: string[] = []
  readonly air: Air
  readonly antennas: Antenna[]

  constructor(places: readonly number[], options: Partial<AirOptions> = {}) {
    this.air = new Air({
      time: this.time,
      seed: 'test',
      onFlight: flight => this.flights.push(flight),
      onFate: (flight, to, fate) => this.landings.push({ flight, to, fate }),
      ...options,
    })
    this.antennas = places.map((place, i) => {
      const name = `s${i}`
      const antenna = this.air.join({ name, place, hear: ({ packet }) => this.heard.push(`${name} ${packet[0]}`) })
      antenna.tuning = tuning
      return antenna
    })
  }

  antenna(i: number): Antenna {
    const antenna = this.antennas[i]
    if (antenna === undefined) throw new Error('no such station')
    return antenna
  }

  send(i: number, bytes = 20): boolean {
    return this.antenna(i).send(new Uint8Array(bytes).fill(i), () => {})
  }

  fates(): string[] {
    return this.landings.map(({ flight, to, fate }) => `${flight.from}>${to} ${fate}`)
  }
}

test('a packet is heard when its airtime is over, by all that are near and by nobody else', () => {
  const sky = new Sky([0, 1, 2])
  assert.ok(sky.send(0))
  assert.ok(sky.antenna(0).isSending)
  sky.time.advance(304.1)
  assert.deepEqual(sky.heard, [])
  sky.time.advance(0.1)
  assert.deepEqual(sky.heard, ['s1 0'])
  assert.ok(!sky.antenna(0).isSending)
})

test('of two packets at once nothing is heard where both arrive; whoever sends hears nothing', () => {
  const sky = new Sky([0, 1, 2])
  // The outer two do not hear each other.
  assert.ok(sky.send(0) && sky.send(2))
  sky.time.advance(1000)
  assert.deepEqual(sky.fates(), ['s0>s1 collided', 's2>s1 collided'])
  const pair = new Sky([0, 0])
  pair.send(0, 50)
  pair.time.advance(10)
  pair.send(1)
  pair.time.advance(1000)
  assert.deepEqual(pair.fates(), ['s1>s0 sending', 's0>s1 sending'])
})

test('a carrier is noticed after four symbols: who starts before collides, who waits does not', () => {
  const sky = new Sky([0, 0, 0])
  sky.send(0)
  assert.ok(!sky.antenna(1).isBusy)
  sky.time.advance(16.3)
  assert.ok(!sky.antenna(1).isBusy)
  sky.time.advance(0.1)
  assert.ok(sky.antenna(1).isBusy && !sky.antenna(0).isBusy)
  sky.time.advance(300)
  assert.ok(!sky.antenna(1).isBusy)
})

test('who is set otherwise, or off, neither hears nor disturbs', () => {
  const sky = new Sky([0, 0, 0])
  sky.antenna(1).tuning = { ...tuning, spreadingFactor: 9 }
  sky.send(0)
  sky.send(1)
  sky.time.advance(2000)
  assert.deepEqual(sky.heard, ['s2 0'])
  sky.antenna(2).isOn = false
  assert.ok(!sky.send(2))
  sky.send(0)
  sky.time.advance(1000)
  assert.deepEqual(sky.heard, ['s2 0'])
})

test('with capture the stronger of two is heard, and never both', () => {
  const sky = new Sky([0, 1, 2], { captureDb: 1 })
  sky.send(0)
  sky.send(2)
  sky.time.advance(1000)
  assert.equal(sky.heard.length, 1)
})

test('what a link loses depends on the seed and on nothing else', () => {
  const lost = (seed: string, isDisturbed: boolean) => {
    const sky = new Sky([0, 0, 0], { seed, loss: 0.3 })
    for (let i = 0; i < 200; i += 1) {
      sky.send(0)
      sky.time.advance(400)
      if (isDisturbed) sky.send(2)
      sky.time.advance(400)
    }
    const ownFates = sky.landings.filter(({ flight, to }) => flight.from === 's0' && to === 's1')
    return ownFates.map(({ fate }) => fate).join(' ')
  }
  assert.equal(lost('a', false), lost('a', true))
  assert.notEqual(lost('a', false), lost('b', false))
  const share = lost('a', false).split('lost').length / 200
  assert.ok(share > 0.2 && share < 0.4, `${share} instead of 0.3`)
})

const sends = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 900 }), who: fc.nat(5), bytes: fc.integer({ min: 1, max: 255 }) }),
  { maxLength: 60 },
)

test('whatever is sent: one fate for each near station, and what is heard overlaps nothing that was in the air there', () => {
  const places = [0, 0, 1, 1, 2, 3]
  fc.assert(
    fc.property(sends, fc.double({ min: 0, max: 0.5, noNaN: true }), (plan, loss) => {
      const sky = new Sky(places, { loss })
      for (const { afterMs, who, bytes } of plan) {
        sky.time.advance(afterMs)
        sky.send(who, bytes)
      }
      sky.time.advance(10_000)
      const isNear = (a: string, b: string) =>
        Math.abs((places[Number(a.slice(1))] ?? 9) - (places[Number(b.slice(1))] ?? 9)) <= 1
      const near = sky.flights.flatMap(flight =>
        sky.antennas.filter(({ name }) => name !== flight.from && isNear(name, flight.from)),
      )
      assert.equal(sky.landings.length, near.length)
      for (const { flight, to, fate } of sky.landings) {
        const others = sky.flights.filter(
          one => one !== flight && one.startAt < flight.endAt && flight.startAt < one.endAt && isNear(one.from, to),
        )
        if (fate === 'heard') assert.equal(others.length, 0)
        else assert.ok(fate === 'lost' || others.length > 0)
      }
    }),
  )
})
