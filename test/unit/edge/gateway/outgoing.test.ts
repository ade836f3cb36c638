// Posts on their way to a room server or channel: in order, each once, not what is old or was heard there already.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailableError } from '#common/errors.ts'
import type { Source } from '#common/post.ts'
import { LOCAL } from '#common/post-log.ts'
import { Outgoing, type OutgoingPart, type Place, type SendOutcome } from '#edge/gateway/outgoing.ts'
import { MemoryLog } from '#test/support/memory-log.ts'
import { waitFor } from '#test/support/wait-for.ts'

const noon = 1_790_000_000_000
const minute = 60_000
const origin = 'A'.repeat(43)

interface Given {
  text: string
  from?: string
  source?: Source
  at?: number
  author?: string
}

class Bench {
  ms = noon
  isOn = true
  parts = 1
  savesToFail = 0
  blocked = ''
  there = ''
  kept: Place | undefined
  outcomes: SendOutcome[] = []
  onSleep: (ms: number) => void = () => {}
  onSend: (part: OutgoingPart) => void = part => part.stamped(7)
  readonly sent: OutgoingPart[] = []
  readonly begun: string[] = []
  readonly slept: number[] = []
  readonly heard = new Set<string>()
  readonly log = new MemoryLog('main', { now: () => this.ms })
  readonly said: string[] = []
  #count = 0
  #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()

  guid(n: number): string {
    return `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`
  }

  async write({ text, from = 'hub', source = 'client', at = this.ms, author = 'Ben' }: Given): Promise<string> {
    this.#count += 1
    const guid = this.guid(this.#count)
    const sig = 'A'.repeat(86)
    const json = JSON.stringify({ guid, room: 'main', origin, at, author: { name: author }, source, text, sig })
    await this.log.append({ from, posts: [{ guid, at, json }] })
    return guid
  }

  start(): Outgoing {
    this.#stopping = new AbortController()
    const outgoing = new Outgoing({
      log: this.log,
      target: {
        source: 'channel',
        quote: ({ text }) => ({ speaker: 'x', parts: Array.from({ length: this.parts }, (_, i) => `${text} ${i}`) }),
        isThere: ({ text }) => text === this.there,
        send: async part => {
          this.onSend(part)
          this.sent.push(part)
          return this.outcomes.shift() ?? 'said'
        },
      },
      place: {
        load: () => this.kept,
        save: place => {
          this.savesToFail -= 1
          if (this.savesToFail >= 0) throw new StoreUnavailableError('away')
          this.savesToFail = 0
          this.kept = place
        },
      },
      heard: this.heard,
      isOn: () => this.isOn,
      isBlocked: ({ name }) => name === this.blocked,
      rfMaxAgeMs: 120 * minute,
      spreadMs: 10_000,
      wasOnAir: ({ guid }) => this.said.push(guid),
      saying: ({ text }) => this.begun.push(text),
      now: () => this.ms,
      sleep: async ms => {
        this.slept.push(ms)
        this.onSleep(ms)
      },
      random: () => 0.5,
    })
    this.#running = outgoing.run(this.#stopping.signal)
    return outgoing
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  get texts(): string[] {
    return this.sent.map(({ text }) => text)
  }

  /** All before it is decided. */
  async marker(): Promise<void> {
    await this.write({ text: 'marker', from: LOCAL })
    await waitFor(() => this.texts.includes('marker 0'), { what: 'the marker' })
  }
}

test('what was there before is not said; what comes is, in order, live and local and late', async () => {
  const bench = new Bench()
  await bench.write({ text: 'old' })
  bench.start()
  await bench.write({ text: 'live' })
  await bench.write({ text: 'late', at: noon - 5 * minute })
  await bench.marker()
  await bench.stop()
  assert.deepEqual(bench.texts, ['live 0', 'late 0', 'marker 0'])
  assert.deepEqual(
    bench.sent.map(({ airClass }) => airClass),
    ['live', 'catch-up', 'local'],
  )
  // Only what comes from elsewhere waits to hear whether another gateway says it.
  assert.deepEqual(bench.slept, [5000, 5000])
})

test('a priority notice of another city goes like what is written here, and is awaited until it is said', async () => {
  const bench = new Bench()
  const outgoing = bench.start()
  const entryOf = async (guid: string) => (await bench.log.find(guid)) ?? assert.fail(guid)
  bench.outcomes.push('unsaid')
  let isAwaited: boolean | undefined
  bench.onSleep = ms => {
    if (ms === 1000) isAwaited = outgoing.awaits(entry)
  }
  const guid = await bench.write({ text: 'PRIORITY: Evacuate', source: 'console' })
  const entry = await entryOf(guid)
  const late = await bench.write({ text: 'PRIORITY: Old', source: 'console', at: noon - 5 * minute })
  await bench.marker()
  await bench.stop()
  assert.equal(isAwaited, true)
  assert.deepEqual(
    bench.sent.map(({ text, airClass }) => [text, airClass]),
    [
      ['PRIORITY: Evacuate 0', 'local'],
      ['PRIORITY: Evacuate 0', 'local'],
      ['PRIORITY: Old 0', 'catch-up'],
      ['marker 0', 'local'],
    ],
  )
  assert.deepEqual(bench.said.slice(0, 2), [guid, late])
  assert.equal(outgoing.awaits(entry), false)
})

test('what comes while the edge is down for the first time is said all the same', async () => {
  const bench = new Bench()
  await bench.write({ text: 'old' })
  bench.start()
  await bench.stop()
  await bench.write({ text: 'meanwhile' })
  bench.start()
  await bench.marker()
  await bench.stop()
  assert.deepEqual(bench.texts, ['meanwhile 0', 'marker 0'])
})

const passedOver: [string, Given, (bench: Bench) => void][] = [
  ['older than rf_max_age', { text: 'x', at: noon - 121 * minute }, () => {}],
  ['read there', { text: 'x', from: LOCAL, source: 'channel' }, () => {}],
  ['of somebody blocked', { text: 'x', author: 'Eve' }, bench => (bench.blocked = 'Eve')],
  ['there for a reason of its own', { text: 'x' }, bench => (bench.there = 'x')],
]
for (const [name, post, prepare] of passedOver) {
  test(`not said: ${name}`, async () => {
    const bench = new Bench()
    prepare(bench)
    bench.start()
    await bench.write(post)
    await bench.marker()
    await bench.stop()
    assert.deepEqual(bench.texts, ['marker 0'])
    assert.deepEqual(bench.begun, ['marker'])
  })
}

test('what another gateway says while we wait is not said again', async () => {
  const bench = new Bench()
  bench.onSleep = () => bench.heard.add(bench.guid(1))
  bench.start()
  const guid = await bench.write({ text: 'x' })
  await bench.marker()
  await bench.stop()
  assert.deepEqual(bench.texts, ['marker 0'])
  // It was on the air all the same.
  assert.equal(bench.said[0], guid)
})

test('switched off it passes posts over, and says none of them later', async () => {
  const bench = new Bench()
  bench.isOn = false
  const outgoing = bench.start()
  await bench.write({ text: 'x' })
  await waitFor(() => outgoing.waiting === 0, { what: 'the post to be passed over' })
  bench.isOn = true
  await bench.marker()
  await bench.stop()
  assert.deepEqual(bench.texts, ['marker 0'])
})

test('tried until it is said, and given up when it is too old', async () => {
  const bench = new Bench()
  bench.outcomes = ['unsaid', 'unsaid', 'said', 'unsaid']
  bench.start()
  await bench.write({ text: 'a' })
  await bench.write({ text: 'b' })
  bench.onSleep = () => {
    if (bench.texts.length === 4) bench.ms += 121 * minute
  }
  await waitFor(() => bench.texts.length === 4, { what: 'the tries' })
  await bench.marker()
  await bench.stop()
  assert.deepEqual(bench.texts, ['a 0', 'a 0', 'a 0', 'b 0', 'marker 0'])
})

test('what is begun is written down before, part by part', async () => {
  const bench = new Bench()
  bench.parts = 3
  const written: (Place | undefined)[] = []
  bench.onSend = part => {
    part.stamped(100 + bench.sent.length)
    written.push(bench.kept)
  }
  bench.start()
  await bench.write({ text: 'x' })
  await waitFor(() => bench.texts.length === 3, { what: 'all parts' })
  await bench.stop()
  assert.deepEqual(
    written.map(place => [place?.parts, place?.stamp]),
    [
      [0, 100],
      [1, 101],
      [2, 102],
    ],
  )
})

test('after a crash in the middle of a part it goes on with that part and its stamp', async () => {
  const bench = new Bench()
  bench.parts = 3
  await bench.write({ text: 'x' })
  const { epoch } = bench.log.head
  bench.kept = { epoch, offset: 0, parts: 1, stamp: 101 }
  // As an edge does that was killed: its rooms begin a new epoch.
  bench.log.restore(bench.log.snapshot())
  assert.notEqual(bench.log.head.epoch, epoch)
  assert.ok(bench.start().isInDoubt)
  await waitFor(() => bench.texts.length === 2, { what: 'the rest' })
  await bench.stop()
  assert.deepEqual(
    bench.sent.map(({ text, stamp }) => [text, stamp]),
    [
      ['x 1', 101],
      ['x 2', undefined],
    ],
  )
  assert.deepEqual(bench.kept, { epoch: bench.log.head.epoch, offset: 1, parts: 0, stamp: 0 })
})

test('what nobody knows the end of keeps its stamp; what was certainly not said does not', async () => {
  const bench = new Bench()
  bench.outcomes = ['unknown', 'unsaid', 'said']
  bench.start()
  await bench.write({ text: 'x' })
  await waitFor(() => bench.texts.length === 3, { what: 'the tries' })
  await bench.stop()
  assert.deepEqual(
    bench.sent.map(({ stamp }) => stamp),
    [undefined, 7, undefined],
  )
})

test('a store that is away is waited for', async () => {
  const bench = new Bench()
  bench.start()
  bench.savesToFail = 1
  await bench.write({ text: 'x' })
  await bench.marker()
  await bench.stop()
  assert.equal(bench.savesToFail, 0)
  assert.deepEqual(bench.texts.slice(-1), ['marker 0'])
})
