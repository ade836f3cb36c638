// A client of a room server, in a time of its own: silence is no reason to flood, and a post is said until it is acknowledged.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '#common/log.ts'
import { type Logins, loginTimings, passwordHash } from '#edge/gateway/login-pace.ts'
import type { OutgoingPart } from '#edge/gateway/outgoing.ts'
import { RadioClock } from '#edge/gateway/radio-clock.ts'
import { RoomClient } from '#edge/gateway/room-client.ts'
import type { LoginAnswer, SaidText } from '#edge/gateway/room-line.ts'
import { noPath, type Path, payloadType } from '#edge/radio/packet.ts'
import { RadioError } from '#edge/radio/radio.ts'
import type { AirOrder } from '#edge/radio/transmit-queue.ts'

const noon = 1_790_000_000_000
const minute = 60_000
const hour = 60 * minute
const timings = { ...loginTimings, quietMs: hour, paceMs: 2000 }

/** A room server, the air and the time, as the client sees them. */
class Bench {
  ms = noon
  state: 'ready' | 'opening' = 'ready'
  password = 'hello'
  permission = 2
  isDeaf = false
  kept: Logins | undefined
  hasAir = true
  readonly logins: number[] = []
  readonly said: SaidText[] = []
  readonly resets: number[] = []
  readonly asked: number[] = []
  /** Seconds after noon. */
  readonly askedAt: number[] = []
  /** What is asked for is lost on the air. */
  isAskLost = false
  path: Path | null = null
  synced: number | undefined
  ahead: number | undefined
  /** Of the room's clock, at noon. */
  roomSeconds = 0
  readonly orders: AirOrder[] = []
  onSay: (text: SaidText) => boolean = () => true
  clock = new RadioClock({ last: 0, save: () => {}, seconds: () => this.ms / 1000 })

  open({ password = 'hello', isInDoubt = false } = {}): RoomClient {
    return new RoomClient({
      radio: { state: this.state },
      line: {
        wayThere: async () => this.path,
        pushFrom: async second => {
          this.asked.push(second)
          this.askedAt.push(Math.round((this.ms - noon) / 1000))
          return !this.isAskLost
        },
        resetPath: async () => void this.resets.push(this.ms),
        login: async () => this.#login(password),
        say: async text => {
          this.said.push({ ...text, acks: [] })
          return this.onSay(text)
        },
      },
      server: { key: Buffer.alloc(32, 5), name: 'Old room', password, room: 'main' },
      air: {
        send: order => {
          this.orders.push(order)
          return { sent: Promise.resolve(this.hasAir), cancel: () => {} }
        },
      },
      clock: this.clock,
      logins: {
        load: () => this.kept,
        save: logins => {
          this.kept = logins
        },
      },
      synced: {
        load: () => this.synced,
        save: second => {
          this.synced = second
        },
      },
      roomAhead: {
        load: () => this.ahead,
        save: seconds => {
          this.ahead = seconds
        },
      },
      ...{ timings, isInDoubt, rfMaxAgeMs: hour, random: () => 0.5, texts: { origin: 'o', cityOf: () => undefined } },
      now: () => this.ms,
      sleep: async ms => {
        this.ms += ms
        await new Promise(resolve => setImmediate(resolve))
      },
      log: createLog({ json: true, level: 'silent' }),
    })
  }

  get roomNow(): number {
    return this.roomSeconds + Math.floor((this.ms - noon) / 1000)
  }

  /** Runs it for so long of its own time. */
  async run(client: RoomClient, ms: number): Promise<void> {
    const stopping = new AbortController()
    const endsAt = this.ms + ms
    const running = client.run(stopping.signal)
    while (this.ms < endsAt) await new Promise(resolve => setImmediate(resolve))
    stopping.abort()
    await running
  }

  part(stamp?: number): OutgoingPart & { stamps: number[] } {
    const stamps: number[] = []
    return {
      text: 'x',
      airClass: 'live',
      kind: 'push-federated',
      room: 'main',
      author: 'a',
      stamp,
      stamped: second => stamps.push(second),
      stamps,
    }
  }

  #login(password: string): LoginAnswer | undefined {
    this.logins.push(this.ms - noon)
    if (this.isDeaf || password !== this.password) return undefined
    const { permission } = this
    return {
      kind: 'login-success',
      legacyFlag: 0,
      from: Buffer.alloc(6, 5),
      timestamp: this.roomNow,
      permission,
      level: 1,
    }
  }
}

const never = new AbortController().signal

test('a wrong password: after 2.5 s, then one minute later, doubled, and once an hour in the end', async () => {
  const bench = new Bench()
  const client = bench.open({ password: 'guess' })
  await bench.run(client, 12 * hour)
  const gaps = bench.logins.map((at, i) => Math.round((at - (bench.logins[i - 1] ?? 0)) / minute))
  assert.deepEqual(gaps.slice(0, 10), [0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
  assert.ok(bench.logins.length < 20)
  assert.deepEqual([client.state, client.silences], ['silent', bench.logins.length])
})

test('restarted every ten seconds with a wrong password it tries no oftener', async () => {
  const bench = new Bench()
  for (let i = 0; i < 360; i += 1) await bench.run(bench.open({ password: 'guess' }), 10_000)
  assert.ok(bench.logins.length <= 8, `${bench.logins.length}`)
})

test('with another password it begins anew at once', async () => {
  const bench = new Bench()
  bench.kept = { at: noon, silences: 9, passwordHash: passwordHash('guess') }
  const client = bench.open()
  await bench.run(client, 10_000)
  assert.deepEqual([bench.logins.length, client.state, client.silences], [1, 'in', 0])
})

test('logged in it is quiet, and logs in again when it has heard nothing for an hour', async () => {
  const bench = new Bench()
  const client = bench.open()
  await bench.run(client, 50 * minute)
  client.signOfLife()
  await bench.run(client, 50 * minute)
  assert.equal(bench.logins.length, 1)
  await bench.run(client, 15 * minute)
  assert.equal(bench.logins.length, 2)
})

test('a radio that comes and goes every few seconds makes no flood of logins', async () => {
  const bench = new Bench()
  const client = bench.open()
  for (let i = 0; i < 60; i += 1) {
    await bench.run(client, 10_000)
    client.radioWasAway()
  }
  assert.ok(bench.logins.length <= 11, `${bench.logins.length}`)
})

test('a post is acknowledged, by the first try or the second, which is another packet and goes by flood', async () => {
  const bench = new Bench()
  const client = bench.open()
  await bench.run(client, 10_000)
  const first = bench.part()
  assert.equal(await client.send(first, never), 'said')
  bench.onSay = () => bench.said.length === 3
  const second = bench.part()
  assert.equal(await client.send(second, never), 'said')
  assert.equal(bench.resets.length, 1)
  const [, one, two] = bench.said
  assert.equal(one?.timestamp, two?.timestamp)
  assert.notEqual(one?.attempt, two?.attempt)
  assert.ok((first.stamps[0] ?? 0) < (second.stamps[0] ?? 0))
  assert.deepEqual(
    bench.orders.map(({ kind }) => kind),
    ['login', 'push-federated', 'push-federated', 'push-federated'],
  )
})

test('two missing ACKs: logged in anew, ever more rarely, and said again later than the login', async () => {
  const bench = new Bench()
  const client = bench.open()
  await bench.run(client, 10_000)
  bench.onSay = () => false
  const waits: number[] = []
  for (let i = 0; i < 5; i += 1) {
    const before = bench.logins.at(-1) ?? 0
    assert.equal(await client.send(bench.part(), never), 'unsaid')
    assert.equal(await client.send(bench.part(), never), 'unsaid')
    while (client.state !== 'in') await bench.run(client, 1000)
    waits.push(Math.round(((bench.logins.at(-1) ?? 0) - before) / minute))
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16])
  // Each time two tries; while it is not in, nothing is said.
  assert.equal(bench.said.length, 10)
  const last = bench.said.at(-1)?.timestamp ?? 0
  bench.onSay = () => true
  const part = bench.part(last)
  assert.equal(await client.send(part, never), 'said')
  // What was stamped before the login would be met with silence.
  assert.ok((part.stamps[0] ?? 0) > last)
  assert.equal(client.silences, 0)
})

test('in doubt it says first what it had begun, with the same second, and needs no login then', async () => {
  const bench = new Bench()
  bench.kept = { at: noon - hour, silences: 0, passwordHash: passwordHash('hello') }
  const client = bench.open({ isInDoubt: true })
  const part = bench.part(1_789_999_000)
  assert.equal(await client.send(part, never), 'said')
  await bench.run(client, 10_000)
  assert.deepEqual([part.stamps, bench.said[0]?.timestamp], [[1_789_999_000], 1_789_999_000])
  assert.deepEqual([client.state, bench.logins], ['in', []])
})

test('a doubt that nobody resolves does not keep it out', async () => {
  const bench = new Bench()
  const client = bench.open({ isInDoubt: true })
  await bench.run(client, 2 * minute)
  assert.equal(client.state, 'in')
})

test('without air nothing is tried, and nothing counts as silence', async () => {
  const bench = new Bench()
  bench.hasAir = false
  const client = bench.open()
  await bench.run(client, 5 * minute)
  assert.deepEqual([bench.logins, client.silences], [[], 0])
  assert.ok(bench.orders.length < 40)
})

test('a room that lets us only read gets no posts', async () => {
  const bench = new Bench()
  bench.permission = 0
  const client = bench.open()
  await bench.run(client, 10_000)
  assert.equal(client.state, 'read-only')
  assert.equal(await client.send(bench.part(), never), 'unsaid')
  assert.deepEqual(bench.said, [])
})

test('a radio that is lost in the middle of a post leaves it unknown', async () => {
  const bench = new Bench()
  const client = bench.open()
  await bench.run(client, 10_000)
  bench.onSay = () => {
    throw new RadioError('unplugged')
  }
  const part = bench.part()
  assert.equal(await client.send(part, never), 'unknown')
  assert.equal(part.stamps.length, 1)
})

test('what the radio or we may have lost is asked for after the login, once the way is known', async () => {
  const bench = new Bench()
  bench.synced = 500
  bench.roomSeconds = 900
  const client = bench.open()
  await bench.run(client, 10_000)
  assert.deepEqual(bench.asked, [])
  bench.path = noPath
  client.stored(600)
  client.radioWasAway()
  client.stored(700)
  await bench.run(client, 2 * minute)
  assert.deepEqual(bench.asked, [500])
  // Nothing is in doubt any more; then the radio is away, and what comes before the login does not hide what is missing.
  client.radioWasAway()
  client.stored(800)
  await bench.run(client, 2 * minute)
  assert.deepEqual(bench.asked, [500, 700])
})

test('a room whose clock has fallen back is asked for all that it has; a new one for nothing', async () => {
  const bench = new Bench()
  bench.path = noPath
  await bench.run(bench.open(), 10_000)
  assert.deepEqual([bench.logins.length, bench.asked], [1, []])
  bench.synced = 1_790_000_000
  bench.roomSeconds = 1_715_770_351
  const client = bench.open()
  await bench.run(client, 2 * minute)
  assert.deepEqual(bench.asked, [1])
  // Now it pushes by its new clock; and when that falls back again, unnoticed, the next login finds out.
  client.stored(bench.roomNow)
  bench.roomSeconds -= 3 * 3600
  await bench.run(client, 62 * minute)
  assert.deepEqual([bench.logins.length, bench.asked], [3, [1, 1]])
})

test('a room that began anew in the same second as before is known by how far its clock was ahead', async () => {
  const bench = new Bench()
  bench.path = noPath
  const boot = 1_715_770_351
  bench.roomSeconds = boot
  const client = bench.open()
  await bench.run(client, 10_000)
  client.stored(boot + 8)
  client.radioWasAway()
  await bench.run(client, 2 * minute)
  assert.deepEqual(bench.asked, [boot + 8])
  // It is later again than what we have, when we come back.
  bench.roomSeconds -= 60
  client.radioWasAway()
  await bench.run(client, 2 * minute)
  assert.deepEqual(bench.asked, [boot + 8, 1])
})

/** Logged in at noon, with what the air makes of the questions that follow. */
async function lacking(): Promise<{ bench: Bench; client: RoomClient; waits: () => number[] }> {
  const bench = new Bench()
  bench.path = noPath
  bench.synced = 500
  bench.roomSeconds = 900
  bench.isAskLost = true
  const client = bench.open()
  const waits = () => bench.askedAt.slice(1).map((at, i) => at - (bench.askedAt[i] ?? 0))
  return { bench, client, waits }
}

test('where no answer comes the room is asked again, ever more rarely, and not for ever', async () => {
  const { bench, client, waits } = await lacking()
  await bench.run(client, 55 * minute)
  assert.deepEqual(bench.asked, [500, 500, 500, 500])
  assert.deepEqual(waits(), [30, 120, 600])
  assert.equal(bench.orders.filter(({ packet }) => packet.type === payloadType.request).length, 4)
  assert.equal(bench.logins.length, 1)
})

test('it is not asked any more once it has acknowledged', async () => {
  const { bench, client } = await lacking()
  await bench.run(client, 20_000)
  bench.isAskLost = false
  await bench.run(client, 50 * minute)
  assert.deepEqual(bench.asked, [500, 500])
})

test('what it pushes soon after it was asked is an answer, and what it pushes later is none', async () => {
  const { bench, client } = await lacking()
  await bench.run(client, 25_000)
  client.stored(bench.roomNow)
  await bench.run(client, 15_000)
  assert.equal(bench.asked.length, 2)
  client.stored(bench.roomNow)
  await bench.run(client, 50 * minute)
  assert.equal(bench.asked.length, 2)
})

test('without air, or while no way is known, nothing was asked, and it is asked when it can be', async () => {
  const { bench, client } = await lacking()
  bench.path = null
  await bench.run(client, 20 * minute)
  assert.deepEqual(bench.asked, [])
  bench.path = noPath
  bench.hasAir = false
  await bench.run(client, 5 * minute)
  bench.hasAir = true
  bench.isAskLost = false
  await bench.run(client, minute)
  assert.deepEqual(bench.asked, [500])
})

test('a radio that is away meanwhile is asked for what it had lost already', async () => {
  const { bench, client } = await lacking()
  await bench.run(client, 30_000)
  client.stored(700)
  client.radioWasAway()
  bench.isAskLost = false
  await bench.run(client, 2 * minute)
  assert.deepEqual([bench.logins.length, bench.asked], [2, [500, 500]])
})
