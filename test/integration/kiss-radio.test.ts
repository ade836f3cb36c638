// The KISS radio over real lines, TCP and a pty, with a small modem at the other end.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { KissRadio, type KissRadioOptions, type KissTimings } from '#edge/radio/kiss-radio.ts'
import { RadioError, type Reception } from '#edge/radio/radio.ts'
import { KissModemScript, type ModemFaults, plugIn } from '#test/support/kiss-modem-script.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'
import { waitFor } from '#test/support/wait-for.ts'

const settings = {
  frequencyHz: 869_618_000,
  bandwidthHz: 62_500,
  spreadingFactor: 8,
  codingRate: 5,
  txPowerDbm: 22,
}

/** Nothing waits long here but what must: a busy machine answers late too. */
const timings: Partial<KissTimings> = { reopenMinMs: 20, reopenMaxMs: 40 }
const hurry: Partial<KissTimings> = { ...timings, answerMs: 300, checkMs: 100 }
const packet = fromHex('0e00c0db01')

async function modemFor(t: TestContext, faults: ModemFaults = {}): Promise<KissModemScript> {
  const modem = await KissModemScript.start(faults)
  t.after(() => modem.close())
  return modem
}

function radioAt(t: TestContext, port: string, options: Partial<KissRadioOptions> = {}) {
  const radio = new KissRadio({ port, settings, timings, ...options })
  const heard: Reception[] = []
  const states: string[] = []
  t.after(() => radio.close())
  radio.listen({
    onPacket: reception => heard.push(reception),
    onState: (state, reason) => states.push(reason === '' ? state : `${state}: ${reason}`),
  })
  const isReady = () => waitFor(() => radio.state === 'ready', { what: 'a ready radio' })
  return { radio, heard, states, isReady }
}

test('a radio is set, looked at, and ready; at the end its line is free', async t => {
  const modem = await modemFor(t)
  const { radio, states, isReady } = radioAt(t, modem.url)
  assert.equal(radio.state, 'opening')
  await isReady()
  await waitFor(() => modem.heard.length >= 15, { what: 'the first look at the ready radio' })
  assert.deepEqual(modem.heard.slice(0, 15), [
    ...['0617', '0611', '0616', '061901', '06095051d53324f400000805', '060a16'],
    ...['0100', '027f', '0304', '0500', '060b', '060c', '061a', '060fff'],
    '060b',
  ])
  assert.deepEqual(radio.modem, { board: 'Heltec V3', version: 1, longestMs: 1512 })
  assert.equal(await radio.airtimeMs(0), 201)
  await waitFor(() => radio.stats().damaged, { what: 'the count of damaged packets', until: damaged => damaged === 3 })
  const { batteryMillivolts, temperatureCelsius } = radio.stats()
  assert.deepEqual([batteryMillivolts, temperatureCelsius], [4111, 25.5])
  await radio.close()
  assert.equal(radio.state, 'closed')
  assert.deepEqual(states, ['ready', 'closed'])
  await assert.rejects(radio.send(packet), /not ready: closed/)
})

test('packets go out and come in, with how they were heard', async t => {
  const modem = await modemFor(t)
  const { radio, heard, isReady } = radioAt(t, modem.url)
  await isReady()
  await radio.send(packet)
  assert.deepEqual(modem.sent, [toHex(packet)])
  modem.say('000e00c0dbdcddc0db', '06f921b8', '00ff', '0012', '06f9b180')
  await waitFor(() => heard.length, { what: 'three packets', until: count => count === 3 })
  assert.deepEqual(
    heard.map(({ packet: bytes, snrDb, rssiDbm }) => [toHex(bytes), snrDb, rssiDbm]),
    [
      ['0e00c0dbdcddc0db', 8.25, -72],
      ['ff', null, null],
      ['12', -19.75, -128],
    ],
  )
  const { heard: count, sent, failed } = radio.stats()
  assert.deepEqual({ count, sent, failed }, { count: 3, sent: 1, failed: 0 })
})

test('a packet that no radio takes is refused before the modem drops it in silence', async t => {
  const modem = await modemFor(t)
  const { radio, isReady } = radioAt(t, modem.url)
  await assert.rejects(radio.send(packet), RadioError)
  await isReady()
  for (const length of [0, 256]) await assert.rejects(radio.send(new Uint8Array(length)), /1 to 255 bytes/)
  await radio.send(new Uint8Array(255).fill(0xc0))
  assert.deepEqual(modem.sent, ['c0'.repeat(255)])
})

test('a radio that does not keep its settings is never ready, and the operator learns why', async t => {
  const modem = await modemFor(t, { isDeaf: true })
  const { radio, states, isReady } = radioAt(t, modem.url)
  const words = /opening: the radio is set to 0 Hz .* instead of 869618000 Hz/
  await waitFor(() => states.at(-1), { what: 'the reason', until: state => words.test(state ?? '') })
  await assert.rejects(radio.send(packet), /instead of/)
  modem.faults.isDeaf = false
  await isReady()
})

test('TxDone failed: the sender learns it, and the radio stays', async t => {
  const modem = await modemFor(t, { txDone: 0 })
  const { radio, isReady } = radioAt(t, modem.url)
  await isReady()
  await assert.rejects(radio.send(packet), { name: 'RadioError', message: /could not send/ })
  modem.faults.txDone = 1
  await radio.send(packet)
  const { sent, failed, reopened } = radio.stats()
  assert.deepEqual({ sent, failed, reopened }, { sent: 1, failed: 1, reopened: 0 })
})

test('TxBusy: what an earlier program left goes first, then ours, once', async t => {
  const modem = await modemFor(t, { isLeftPending: true })
  const { radio, isReady } = radioAt(t, modem.url)
  await isReady()
  await radio.send(packet)
  assert.deepEqual(modem.sent, [toHex(packet)])
  assert.equal(modem.heard.filter(frame => frame.startsWith('00')).length, 2)
})

test('a sender that gives up does not wait; the line stays as it is, for the next packet', async t => {
  const modem = await modemFor(t, { txDone: null })
  const { radio, isReady } = radioAt(t, modem.url)
  await isReady()
  const giveUp = new AbortController()
  const first = radio.send(packet, giveUp.signal)
  await waitFor(() => modem.heard.includes(`00${toHex(packet)}`), { what: 'the packet at the modem' })
  giveUp.abort()
  await assert.rejects(first, /given up/)
  modem.faults.txDone = 1
  modem.say('06f801')
  await radio.send(fromHex('0e0002'))
  assert.deepEqual(modem.sent, ['0e0002'])
  const { sent, failed } = radio.stats()
  assert.deepEqual({ sent, failed }, { sent: 1, failed: 1 })
})

test('a silent radio is opened anew, and set anew', async t => {
  const modem = await modemFor(t)
  const { radio, states, isReady } = radioAt(t, modem.url, { timings: hurry })
  await isReady()
  modem.faults.isSilent = true
  await waitFor(() => states.at(-1), { what: 'the loss', until: state => /does not answer/.test(state ?? '') })
  modem.faults.isSilent = false
  await isReady()
  assert.ok(radio.stats().reopened >= 1)
  await radio.send(packet)
})

test('a radio that takes a packet and then says nothing of it is opened anew', async t => {
  const modem = await modemFor(t, { txDone: null })
  // 3 × 1,512 ms would be long to wait for: the slack takes them back, but for a second and a half.
  const { radio, isReady } = radioAt(t, modem.url, { timings: { ...timings, doneSlackMs: -3036 } })
  await isReady()
  await assert.rejects(radio.send(packet), /what became of/)
  modem.faults.txDone = 1
  await waitFor(() => radio.stats().reopened === 1, { what: 'the next opening' })
  await isReady()
  await radio.send(packet)
})

test('a modem that restarted behind an open line has forgotten all: it is set anew', async t => {
  const modem = await modemFor(t)
  const { states, isReady } = radioAt(t, modem.url, { timings: { ...timings, checkMs: 50 } })
  await isReady()
  modem.forget()
  const words = /opening: the radio is set to 0 Hz/
  await waitFor(() => states.some(state => words.test(state)), { what: 'the restart noticed' })
  await isReady()
  assert.equal(modem.heard.filter(frame => frame.startsWith('0609')).length, 2)
})

/** Sends packet after packet while the radio is ready, each another one, and hears one for each. */
function traffic(t: TestContext, { modem, radio }: { modem: KissModemScript; radio: KissRadio }) {
  const told: string[] = []
  const lost: string[] = []
  let isOver = false
  const running = (async () => {
    for (let count = 1; !isOver; count += 1) {
      await new Promise(resolve => setTimeout(resolve, 5))
      if (radio.state !== 'ready') continue
      const one = `0e00${count.toString(16).padStart(4, '0')}`
      await radio.send(fromHex(one)).then(
        () => told.push(one),
        () => lost.push(one),
      )
      modem.say('000e00', '06f921b8')
    }
  })()
  t.after(() => {
    isOver = true
    return running
  })
  const flows = (what: string) => {
    const before = told.length
    return waitFor(() => told.length > before + 10, { what })
  }
  return { told, lost, flows }
}

test('a modem that restarts, or falls silent, in mid-traffic: it is set anew, and few packets are lost', async t => {
  const modem = await modemFor(t)
  const { radio, heard, states, isReady } = radioAt(t, modem.url, { timings: hurry })
  await isReady()
  const { told, lost, flows } = traffic(t, { modem, radio })
  await flows('traffic')
  modem.forget()
  const forgotAt = performance.now()
  await waitFor(() => states.some(state => /set to 0 Hz/.test(state)), { what: 'the restart noticed' })
  assert.ok(performance.now() - forgotAt < 5000, 'with one of the looks, each 0.1 s and not each 10 s')
  await isReady()
  await flows('traffic with the settings again')
  const openings = () => states.filter(state => state.startsWith('opening')).length
  const [lostByRestart, afterRestart] = [lost.length, openings()]
  modem.faults.isSilent = true
  await waitFor(() => radio.state === 'opening', { what: 'the silence noticed' })
  modem.faults.isSilent = false
  await isReady()
  const heardBefore = heard.length
  await flows('traffic after the silence')
  assert.ok(heard.length > heardBefore)
  assert.equal(modem.heard.filter(frame => frame.startsWith('0609')).length >= 3, true, 'set at each opening')
  // A busy machine may be taken for a silent radio once more.
  assert.ok(lostByRestart <= afterRestart && lost.length <= openings(), `${lost.length} lost in ${openings()} openings`)
  const onAir = modem.sent.filter(one => told.includes(one))
  assert.deepEqual(onAir, told, 'what is said to be sent was, once, in order')
})

test('a TCP line that is cut comes back; one that was never there is tried for ever', async t => {
  const modem = await modemFor(t)
  const { radio, states, isReady } = radioAt(t, modem.url)
  await isReady()
  modem.hangUp()
  await waitFor(() => radio.stats().reopened === 1, { what: 'the next opening' })
  await isReady()
  assert.match(states.join(), /ready,opening: closed,ready/)
  const nobody = await KissModemScript.start()
  const { url } = nobody
  await nobody.close()
  const lonely = radioAt(t, url)
  await waitFor(() => lonely.states.at(-1), {
    what: 'why it is not open',
    until: state => /ECONNREFUSED/.test(state ?? ''),
  })
  await lonely.radio.close()
  assert.equal(lonely.radio.state, 'closed')
})

test('the signal of its maker closes it, in the middle of whatever it does', async t => {
  const modem = await modemFor(t, { isSilent: true })
  const stop = new AbortController()
  const { radio, states } = radioAt(t, modem.url, { signal: stop.signal })
  await waitFor(() => modem.heard.length, { what: 'the first question' })
  stop.abort()
  await waitFor(() => radio.state === 'closed', { what: 'the end' })
  assert.deepEqual(states, ['closed'])
})

test('a serial radio: unplugged with a packet on its way, and plugged in again under the same name', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'mcfed-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const port = join(folder, 'radio')
  const modem = await modemFor(t)
  const first = await plugIn(modem, port)
  t.after(first.unplug)
  const { radio, heard, states, isReady } = radioAt(t, port)
  await isReady()
  await radio.send(packet)
  modem.faults.txDone = null
  // By the line that ended, not by the deadline of the packet.
  const cutOff = assert.rejects(radio.send(packet), /^RadioError: (?!the radio does not say)/)
  await waitFor(() => modem.heard.filter(frame => frame.startsWith('00')).length === 2, { what: 'a packet on its way' })
  await first.unplug()
  await cutOff
  await rm(port, { force: true })
  await waitFor(() => states.at(-1), { what: 'no port', until: state => /^opening: No such file/.test(state ?? '') })
  modem.faults.txDone = 1
  const second = await plugIn(modem, port)
  t.after(second.unplug)
  await isReady()
  await radio.send(packet)
  modem.say('000e00', '06f921b8')
  await waitFor(() => heard.length, { what: 'a packet' })
  assert.equal(heard[0]?.snrDb, 8.25)
  await radio.close()
  assert.equal(radio.state, 'closed')
})
