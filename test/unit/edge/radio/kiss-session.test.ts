// One line to a KISS modem, by hand and with the clock in hand: what belongs to what, and what comes too late.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { getNoiseFloor, getVersion } from '#edge/radio/kiss-commands.ts'
import { KissSession, RefusedError } from '#edge/radio/kiss-session.ts'
import { RadioError, type Reception } from '#edge/radio/radio.ts'
import type { Line } from '#edge/radio/serial-line.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

const answerMs = 2000
const doneMaxMs = 6000
const version = 'c006910100c0'
const txBusy = 'c006f107c0'
const sent = 'c006f801c0'
const packet = Uint8Array.of(0x0e, 0x00)
const dataHex = 'c0000e00c0'

/** A line whose other end is the test. */
function sessionByHand(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const written: string[] = []
  const heard: Reception[] = []
  let onBytes = (_: Uint8Array) => {}
  let onClose = (_: string) => {}
  const line: Line = {
    write: bytes => void written.push(toHex(bytes)),
    close: async () => onClose('closed by us'),
    onBytes: listener => {
      onBytes = listener
    },
    onClose: listener => {
      onClose = listener
    },
  }
  const timings = { answerMs, metaMs: 100 }
  const session = new KissSession({ line, timings, onPacket: reception => heard.push(reception) })
  return {
    session,
    written,
    heard,
    say: (...hexes: string[]) => onBytes(fromHex(hexes.join(''))),
    unplug: () => onClose('gone'),
    /** Lets what was promised run, then the clock. */
    pass: async (ms: number) => {
      await settled()
      t.mock.timers.tick(ms)
      await settled()
    },
  }
}

/** A turn of the loop: all that follows from what has happened has run. */
async function settled(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
}

test('an answer is that of its question; one of another kind is not', async t => {
  const { session, say, written } = sessionByHand(t)
  const asked = session.ask(getVersion)
  await settled()
  assert.deepEqual(written, ['c00611c0'])
  say('c0069090ffc0', 'c00691c0', 'c00741c0', version)
  assert.equal(await asked, 1)
})

test('questions wait for each other, and each gets its answer', async t => {
  const { session, say, written } = sessionByHand(t)
  const both = Promise.all([session.ask(getVersion), session.ask(getNoiseFloor)])
  await settled()
  assert.equal(written.length, 1)
  say(version)
  await settled()
  assert.equal(written.length, 2)
  say('c0069090ffc0')
  assert.deepEqual(await both, [1, -112])
})

test('a refusal is no silence; it costs one question and not the session', async t => {
  const { session, say } = sessionByHand(t)
  const asked = session.ask(getNoiseFloor)
  await settled()
  say('c006f103c0')
  await assert.rejects(asked, RefusedError)
  assert.ok(!session.over.aborted)
})

test('TxBusy for a question: the output was full, so it is asked again', async t => {
  const { session, say, written } = sessionByHand(t)
  const asked = session.ask(getVersion)
  await settled()
  say(txBusy)
  await settled()
  assert.equal(written.length, 2)
  say(version)
  assert.equal(await asked, 1)
})

test('unanswered twice, the session is over, and says so to all who wait', async t => {
  const { session, written, pass } = sessionByHand(t)
  const asked = assert.rejects(session.ask(getVersion), /does not answer.*version/)
  const next = assert.rejects(session.transmit(packet, doneMaxMs), RadioError)
  await pass(answerMs - 1)
  assert.equal(written.length, 1)
  await pass(1)
  assert.equal(written.length, 2)
  assert.ok(!session.over.aborted)
  await pass(answerMs)
  assert.ok(session.over.aborted)
  await Promise.all([asked, next])
  assert.equal(written.length, 2)
})

test('TxDone says what became of a packet: sent, or failed', async t => {
  const { session, say, written } = sessionByHand(t)
  const first = session.transmit(packet, doneMaxMs)
  await settled()
  assert.deepEqual(written, [dataHex])
  say(sent)
  assert.equal(await first, true)
  const second = session.transmit(packet, doneMaxMs)
  await settled()
  say('c006f800c0')
  assert.equal(await second, false)
})

test('a TxDone that nobody waits for is that of an earlier program', async t => {
  const { session, say } = sessionByHand(t)
  say(sent)
  const sending = session.transmit(packet, doneMaxMs)
  await settled()
  say('c006f800c0')
  assert.equal(await sending, false)
})

test('TxBusy: the next TxDone is that of another packet, and ours is sent again', async t => {
  const { session, say, written, pass } = sessionByHand(t)
  const sending = session.transmit(packet, doneMaxMs)
  await settled()
  say(txBusy)
  await pass(1000)
  assert.deepEqual(written, [dataHex])
  say('c006f800c0')
  await settled()
  assert.deepEqual(written, [dataHex, dataHex])
  say(sent)
  assert.equal(await sending, true)
})

test('TxBusy for ever is given up, and nothing of it is left for the next packet', async t => {
  const { session, say, written } = sessionByHand(t)
  const sending = assert.rejects(session.transmit(packet, doneMaxMs), /busy/)
  for (let sends = 0; sends < 3; sends += 1) {
    await settled()
    say(txBusy, sent)
  }
  await sending
  assert.equal(written.length, 3)
  const next = session.transmit(packet, doneMaxMs)
  await settled()
  say(sent)
  assert.equal(await next, true)
})

test('without TxDone in time nobody knows, and the session is over', async t => {
  const { session, pass } = sessionByHand(t)
  const sending = assert.rejects(session.transmit(packet, doneMaxMs), /what became of/)
  await pass(doneMaxMs - 1)
  assert.ok(!session.over.aborted)
  await pass(1)
  await sending
  assert.ok(session.over.aborted)
})

test('an unplugged radio: who waits learns it at once', async t => {
  const { session, unplug, written } = sessionByHand(t)
  const sending = assert.rejects(session.transmit(packet, doneMaxMs), { name: 'RadioError', message: 'gone' })
  await settled()
  unplug()
  await sending
  await assert.rejects(session.ask(getVersion), { name: 'RadioError', message: 'gone' })
  session.tell([{ port: 0, command: 1, data: packet }])
  assert.equal(written.length, 1)
})

test('a packet that is given up before its turn is not sent; the turn of one on its way is kept', async t => {
  const { session, say, written } = sessionByHand(t)
  const giveUp = new AbortController()
  const first = session.transmit(packet, doneMaxMs)
  const second = assert.rejects(session.transmit(packet, doneMaxMs, { signal: giveUp.signal }), /given up/)
  await settled()
  giveUp.abort()
  await settled()
  assert.equal(written.length, 1)
  say(sent)
  assert.equal(await first, true)
  await second
  assert.equal(written.length, 1)
})

test('how a packet was heard comes behind it, and waits for no more than it', async t => {
  const { say, heard, pass } = sessionByHand(t)
  const [one, two] = ['c0000101c0', 'c0000202c0']
  say(one)
  await pass(99)
  assert.deepEqual(heard, [])
  say('c006f921b8c0')
  say('c006f92200c0')
  say(one, two)
  await pass(100)
  say('c006f92300c0')
  const known = heard.map(({ packet: bytes, snrDb, rssiDbm }) => [toHex(bytes), snrDb, rssiDbm])
  assert.deepEqual(known, [
    ['0101', 8.25, -72],
    ['0101', null, null],
    ['0202', null, null],
  ])
})

test('the wait of one packet is not that of the next', async t => {
  const { say, heard, pass } = sessionByHand(t)
  say('c0000101c0', 'c006f921b8c0')
  await pass(60)
  say('c0000202c0')
  await pass(60)
  say('c006f922b8c0')
  assert.deepEqual(
    heard.map(({ snrDb }) => snrDb),
    [8.25, 8.5],
  )
})

test('what was heard last before the end is not lost; what comes behind the end is nothing', t => {
  const { session, say, heard } = sessionByHand(t)
  say('c0000101c0')
  session.end('enough')
  assert.equal(heard.length, 1)
  say('c0000202c0', 'c006f921b8c0')
  assert.equal(heard.length, 1)
})
