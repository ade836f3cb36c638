// What we ask the KISS modem and read in its answers, held against what passed between the real one and its host.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeFrame, FrameDecoder, type KissFrame } from '#edge/radio/kiss.ts'
import {
  carrierSenseFrames,
  dataFrame,
  getAirtime,
  getBattery,
  getDeviceName,
  getNoiseFloor,
  getRadio,
  getSignalReport,
  getStats,
  getTemperature,
  getTxPower,
  getVersion,
  type ModemRequest,
  modemError,
  ping,
  readEvent,
  setRadio,
  setSignalReport,
  setTxPower,
} from '#edge/radio/kiss-commands.ts'
import { kissTranscript } from '#test/support/kiss-transcript.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

const narrow = { frequencyHz: 869_618_000, bandwidthHz: 62_500, spreadingFactor: 8, codingRate: 5 }
const unset = { frequencyHz: 0, bandwidthHz: 0, spreadingFactor: 0, codingRate: 0 }
const other = { frequencyHz: 868_000_000, bandwidthHz: 125_000, spreadingFactor: 9, codingRate: 5 }
const everyFrame = kissTranscript.flatMap(({ frames }) => frames)

/** By the transcript's words for the question: what we would ask, and what we must read in the answer behind it. */
const questions: Record<string, readonly [ModemRequest<unknown>, unknown]> = {
  Ping: [ping, true],
  GetVersion: [getVersion, 1],
  GetDeviceName: [getDeviceName, 'Native Linux'],
  'GetRadio BEFORE any SetRadio': [getRadio, unset],
  'GetTxPower before SetTxPower': [getTxPower, 0],
  'SetRadio 869.618 MHz, 62.5 kHz, SF8, CR 4/5': [setRadio(narrow), true],
  GetRadio: [getRadio, narrow],
  'SetTxPower 22': [setTxPower(22), true],
  GetTxPower: [getTxPower, 22],
  'GetAirtime 0 bytes': [getAirtime(0), 201],
  'GetAirtime 20 bytes': [getAirtime(20), 304],
  'GetAirtime 100 bytes': [getAirtime(100), 713],
  'GetAirtime 166 bytes': [getAirtime(166), 1041],
  'GetAirtime 255 bytes': [getAirtime(255), 1512],
  GetSignalReport: [getSignalReport, true],
  'SetSignalReport off': [setSignalReport(false), false],
  'SetSignalReport on': [setSignalReport(true), true],
  GetNoiseFloor: [getNoiseFloor, -112],
  GetBattery: [getBattery, 4111],
  GetMCUTemp: [getTemperature, 25.5],
  'SetRadio to another channel': [setRadio(other), true],
}

function oneFrame(hex: string): KissFrame {
  const [frame] = new FrameDecoder().push(fromHex(hex))
  assert.ok(frame, hex)
  return frame
}

function answerTo(request: ModemRequest<unknown>, hex: string): unknown {
  const event = readEvent(oneFrame(hex))
  assert.ok(event?.kind === 'answer', hex)
  assert.equal(event.answer, request.answer)
  return request.read(event.data)
}

test('questions are those of the transcript, and its answers are read', () => {
  const asked = new Set<string>()
  for (const [at, { dir, hex, meaning }] of everyFrame.entries()) {
    const question = questions[meaning]
    if (dir !== 'host->modem' || question === undefined) continue
    const [request, expected] = question
    assert.equal(toHex(encodeFrame(request.frame)), hex, meaning)
    const answer = everyFrame[at + 1]?.hex ?? ''
    assert.deepEqual(answerTo(request, answer), expected, meaning)
    asked.add(meaning)
  }
  assert.deepEqual([...asked].sort(), Object.keys(questions).sort())
})

test('the count of what it heard and sent', () => {
  assert.deepEqual(answerTo(getStats, 'c00692060000000700000000000000c0'), { heard: 6, sent: 7, damaged: 0 })
  assert.deepEqual(answerTo(getStats, 'c00692000000000000000001020000c0'), { heard: 0, sent: 0, damaged: 513 })
})

test('a power below 0 dBm goes there and back', () => {
  assert.equal(toHex(encodeFrame(setTxPower(-9).frame)), 'c0060af7c0')
  assert.equal(answerTo(getTxPower, 'c0068cf7c0'), -9)
})

test('whatever else the modem says is read as the transcript has it', () => {
  const readings = everyFrame.filter(({ dir }) => dir === 'modem->host').map(({ hex }) => readEvent(oneFrame(hex)))
  const errors = readings.flatMap(event => (event?.kind === 'error' ? [event.code] : []))
  const { invalidLength, invalidParameter, macFailed, unknownCommand, txBusy } = modemError
  assert.deepEqual(errors, [
    ...[invalidParameter, invalidParameter, macFailed, unknownCommand],
    ...[invalidLength, invalidLength, invalidLength, txBusy],
  ])
  const packets = readings.flatMap(event => (event?.kind === 'packet' ? [toHex(event.packet)] : []))
  assert.equal(packets.length, 6)
  assert.equal(packets[1], '0e00c0c0dbdb')
  const metas = readings.flatMap(event => (event?.kind === 'rx-meta' ? [[event.snrDb, event.rssiDbm]] : []))
  assert.deepEqual(metas, [
    ...[
      [8.25, -72],
      [8.25, -73],
      [8.5, -68],
    ],
    ...[
      [9.5, -73],
      [8.5, -72],
    ],
  ])
  const done = readings.flatMap(event => (event?.kind === 'tx-done' ? [event.isSent] : []))
  assert.deepEqual(done, Array(7).fill(true))
  assert.ok(readings.every(event => event !== undefined))
})

test('a packet that failed, and a bad signal', () => {
  assert.deepEqual(readEvent(oneFrame('c006f800c0')), { kind: 'tx-done', isSent: false })
  assert.deepEqual(readEvent(oneFrame('c006f9b180c0')), { kind: 'rx-meta', snrDb: -19.75, rssiDbm: -128 })
})

test('packets and the listening before them are written as the transcript has them', () => {
  assert.equal(toHex(encodeFrame(dataFrame(fromHex('0e00c0dbdcddc0db')))), 'c0000e00dbdcdbdddcdddbdcdbddc0')
  const frames = carrierSenseFrames({ txDelayMs: 50, persistence: 255, slotTimeMs: 0 })
  assert.deepEqual(
    frames.map(frame => toHex(encodeFrame(frame))),
    ['c00105c0', 'c002ffc0', 'c00300c0', 'c00500c0'],
  )
  const transcript = everyFrame.map(({ hex }) => hex)
  assert.ok(transcript.includes('c002ffc0') && transcript.includes('c00300c0'))
})

test('any frame: nothing is thrown, and an answer of wrong length is none', () => {
  const frames = fc.record({
    port: fc.constantFrom(0, 0, 0, 3),
    command: fc.constantFrom(0, 1, 6, 6, 6, 15),
    data: fc.uint8Array({ maxLength: 300 }),
  })
  const everyRequest = Object.values(questions).map(([request]) => request)
  fc.assert(
    fc.property(frames, frame => {
      const event = readEvent(frame)
      if (event?.kind === 'packet') assert.ok(event.packet.length > 0 && event.packet.length < 256)
      if (event?.kind === 'answer') for (const request of everyRequest) request.read(event.data)
      if (frame.port !== 0) assert.equal(event, undefined)
    }),
  )
  assert.equal(getRadio.read(new Uint8Array(9)), undefined)
  assert.equal(getAirtime(1).read(new Uint8Array(3)), undefined)
  assert.equal(getTxPower.read(new Uint8Array()), undefined)
})
