// The companion radio over real lines, TCP and a pty, with a stock radio of an island at the other end.
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { nodeType } from '#edge/radio/adverts.ts'
import { CompanionRadio, type CompanionRadioOptions, type CompanionTimings } from '#edge/radio/companion-radio.ts'
import type { HeardText } from '#edge/radio/companion-reader.ts'
import type { CompanionReply } from '#edge/radio/companion-replies.ts'
import { CompanionRefusal } from '#edge/radio/companion-session.ts'
import { Island } from '#infra/island/island.ts'
import { channelKeyOf } from '#test/support/channel-key.ts'
import { StockRadio, type StockRadioOptions } from '#test/support/stock-radio.ts'
import { waitFor } from '#test/support/wait-for.ts'

const timings: Partial<CompanionTimings> = { reopenMinMs: 20, reopenMaxMs: 40, storeAgainMs: 10 }
const hurry: Partial<CompanionTimings> = { ...timings, answerMs: 300, checkMs: 100 }
const now = () => Date.now() / 1000
const club = { name: '#club', secret: channelKeyOf('#club') }
const room = { key: Buffer.from('5a'.repeat(32), 'hex'), name: 'Old room' }

async function stockFor(t: TestContext, options: Partial<StockRadioOptions> = {}): Promise<StockRadio> {
  const island = await Island.start()
  const stock = await StockRadio.start(island, { name: 'Stock', ...options })
  t.after(async () => {
    await stock[Symbol.asyncDispose]()
    await island.stop()
  })
  return stock
}

function radioAt(t: TestContext, port: string, options: Partial<CompanionRadioOptions> = {}) {
  const radio = new CompanionRadio({ port, channels: [club], room, seconds: now, timings, ...options })
  const texts: string[] = []
  const nodes: string[] = []
  const states: string[] = []
  const bench = { store: async (_text: string): Promise<void> => {} }
  t.after(() => radio.close())
  radio.listen({
    onText: async (text: HeardText) => {
      const words = Buffer.from(text.body.text).toString()
      await bench.store(words)
      texts.push(words)
    },
    onNode: (_key, name) => nodes.push(name),
    onState: (state, reason) => states.push(reason === '' ? state : `${state}: ${reason}`),
  })
  const isReady = () => waitFor(() => radio.state === 'ready', { what: 'a ready radio' })
  return { radio, texts, nodes, states, bench, isReady }
}

function channelText(words: string, channel = 0): CompanionReply {
  const body = { type: 0, timestamp: 5, text: Buffer.from(words) }
  return { kind: 'channel-text', snrDb: 1, channel, pathLength: 0, body }
}

/** The app is told of them one by one. */
function hear(stock: StockRadio, ...texts: CompanionReply[]): void {
  stock.queue.push(...texts)
  stock.tell({ kind: 'texts-waiting' })
}

test('opened, it is asked who it is, given the time, the channel and the room, and read empty', async t => {
  const stock = await stockFor(t)
  stock.contacts.add({ publicKey: Buffer.alloc(32, 7), type: nodeType.chat, flags: 0, name: 'Ana', lastAdvert: 1 })
  stock.queue.push(channelText('Ana: before it was opened'))
  const { radio, texts, nodes, states, isReady } = radioAt(t, stock.port)
  await isReady()
  await waitFor(() => texts.length === 1, { what: 'the text' })
  assert.deepEqual(
    stock.commands.slice(0, 4).map(({ kind }) => kind),
    ['device-query', 'app-start', 'get-contacts', 'get-channel'],
  )
  assert.ok(Math.abs(stock.seconds - now()) < 3)
  assert.deepEqual(
    [stock.channels[0]?.name, Buffer.from(stock.channels[0]?.secret ?? []).equals(club.secret)],
    ['#club', true],
  )
  assert.equal(stock.contacts.room?.name, 'Old room')
  assert.deepEqual([texts, nodes, states], [['Ana: before it was opened'], ['Ana'], ['ready']])
  const { board, name, settings } = radio.modem ?? {}
  assert.deepEqual([board, name, settings?.spreadingFactor], ['Island', 'Stock', 8])
  await radio.close()
  assert.deepEqual(states, ['ready', 'closed'])
})

test('the channel that it has already is found, and the room that is no room becomes one', async t => {
  const stock = await stockFor(t)
  stock.channels[5] = club
  stock.contacts.add({ publicKey: room.key, type: nodeType.chat, flags: 1, name: 'As the app has it', lastAdvert: 9 })
  const { isReady } = radioAt(t, stock.port)
  await isReady()
  assert.equal(stock.count('set-channel'), 0)
  const contact = stock.contacts.room
  assert.deepEqual([contact?.name, contact?.flags], ['As the app has it', 1])
})

test('a radio without a place for the channel says so, and is ready when there is one', async t => {
  const stock = await stockFor(t)
  for (const channel of stock.channels) Object.assign(channel, { name: 'x', secret: new Uint8Array(16).fill(1) })
  const { states, isReady } = radioAt(t, stock.port)
  await waitFor(() => states.some(state => /no place for the channel "#club"/.test(state)), { what: 'the reason' })
  Object.assign(stock.channels[3] ?? {}, { name: '', secret: new Uint8Array(16) })
  await isReady()
  assert.equal(stock.channels[3]?.name, '#club')
})

test('a clock that is ahead is left as it is, and known; it never becomes ours', async t => {
  const stock = await stockFor(t, { seconds: now() + 1000 })
  const { radio, isReady } = radioAt(t, stock.port)
  await isReady()
  assert.equal(stock.count('set-time'), 0)
  assert.ok(Math.abs(radio.seconds - now() - 1000) < 3)
})

test('the next text is read when the one before is stored, however long that takes', async t => {
  const stock = await stockFor(t)
  const { texts, bench, isReady } = radioAt(t, stock.port)
  await isReady()
  // It is ready before it has looked whether there are texts.
  await waitFor(() => stock.count('next-text') > 0, { what: 'the first look' })
  let failures = 3
  bench.store = async () => {
    failures -= 1
    if (failures >= 0) throw new Error('the disk is full')
  }
  const before = stock.count('next-text')
  const leftAt: number[] = []
  bench.store = (store => async words => {
    leftAt.push(stock.queue.length)
    await store(words)
  })(bench.store)
  hear(stock, channelText('Ana: one'), channelText('Ana: two'), channelText('Ana: three'))
  await waitFor(() => texts.length === 3, { what: 'the texts' })
  assert.deepEqual(texts, ['Ana: one', 'Ana: two', 'Ana: three'])
  assert.deepEqual(leftAt, [2, 2, 2, 2, 1, 0])
  assert.ok(stock.count('next-text') - before <= 4)
})

test('a text that was read and not stored outlives the line', async t => {
  const stock = await stockFor(t)
  const { texts, bench, isReady } = radioAt(t, stock.port)
  await isReady()
  let isAway = true
  bench.store = async () => {
    if (isAway) throw new Error('away')
  }
  hear(stock, channelText('Ana: one'), channelText('Ana: two'))
  await waitFor(() => stock.queue.length === 1, { what: 'the first to be read' })
  await stock.unplug()
  isAway = false
  await stock.replug()
  await waitFor(() => texts.length === 2, { what: 'both' })
  assert.deepEqual(texts, ['Ana: one', 'Ana: two'])
})

test('over a serial port: unplugged in mid-traffic and plugged in again, it reads on', async t => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-companion-'))
  const stock = await stockFor(t, { serialPort: join(folder.path, 'tty') })
  const { radio, texts, states, isReady } = radioAt(t, stock.port)
  await isReady()
  hear(stock, channelText('Ana: one'))
  await waitFor(() => texts.length === 1, { what: 'the first' })
  await stock.unplug()
  await waitFor(() => radio.state === 'opening', { what: 'the loss to be noticed' })
  assert.match(states[1] ?? '', /^opening: ./)
  stock.queue.push(channelText('Ana: two'))
  await stock.replug()
  await waitFor(() => texts.length === 2, { what: 'the second' })
  assert.ok(radio.stats().reopened >= 1)
})

test('opened in the middle of a frame, with a head that lies, it comes to itself', async t => {
  const stock = await stockFor(t)
  let isFirst = true
  stock.onReply = reply => {
    // The rest of a frame, and what looks like the head of one of 176 bytes: the answer is swallowed.
    if (isFirst) stock.raw(Uint8Array.of(1, 2, 3, 0x3e, 176, 0))
    isFirst = false
    return reply
  }
  const { isReady } = radioAt(t, stock.port, { timings: hurry })
  await isReady()
  assert.ok(stock.count('device-query') >= 2)
})

test('one that falls silent is probed, given up, and taken again when it speaks', async t => {
  const stock = await stockFor(t)
  const { radio, states, isReady } = radioAt(t, stock.port, { timings: hurry })
  await isReady()
  stock.isSilent = true
  await waitFor(() => radio.state === 'opening', { what: 'the silence to be noticed' })
  assert.match(states.at(-1) ?? '', /does not answer/)
  await assert.rejects(radio.ask({ command: { kind: 'get-time' }, pick: () => true }), /not ready/)
  stock.isSilent = false
  await isReady()
})

test('an answer that comes too late is no text lost, and what is told between is heard', async t => {
  const stock = await stockFor(t)
  const { radio, texts, isReady } = radioAt(t, stock.port)
  await isReady()
  const told: string[] = []
  radio.onTold(({ kind }) => told.push(kind))
  // Nobody has asked for it: an earlier program has, perhaps.
  stock.tell(channelText('Ana: a stray'))
  await waitFor(() => texts.includes('Ana: a stray'), { what: 'the stray' })
  stock.onReply = reply => {
    if (reply.kind !== 'time') return reply
    stock.tell({ kind: 'confirmed', tag: Buffer.from('01020304', 'hex'), roundTripMs: 5 })
    return reply
  }
  const time = await radio.ask({
    command: { kind: 'get-time' },
    pick: reply => (reply.kind === 'time' ? reply.timestamp : undefined),
  })
  assert.ok(time > 1_700_000_000)
  assert.ok(told.includes('confirmed'))
})

test('what the radio refuses is a refusal, and the line goes on; texts in other channels are read and dropped', async t => {
  const stock = await stockFor(t)
  const { radio, texts, isReady } = radioAt(t, stock.port)
  await isReady()
  const refused = radio.ask({ command: { kind: 'remove-contact', publicKey: Buffer.alloc(32, 9) }, pick: () => true })
  await assert.rejects(refused, (error: unknown) => error instanceof CompanionRefusal && error.reason === 2)
  hear(stock, channelText('Eve: elsewhere', 6), channelText('Ana: here'))
  await waitFor(() => texts.length > 0, { what: 'the text in our channel' })
  assert.deepEqual([texts, stock.queue.length, radio.state], [['Ana: here'], 0, 'ready'])
})

test('a node that makes itself known is known by its name', async t => {
  const island = await Island.start({ speed: 20 })
  const stock = await StockRadio.start(island, { name: 'Stock' })
  t.after(async () => {
    await stock[Symbol.asyncDispose]()
    await island.stop()
  })
  const { nodes, isReady } = radioAt(t, stock.port)
  await isReady()
  island.node('Ana', { room: room.key }).advertise()
  await waitFor(() => nodes.includes('Ana'), { what: 'the name' })
})
