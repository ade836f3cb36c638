// Acks wait for each other, but never so long that the sender's window closes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { AckPace } from '#common/protocol/ack-pace.ts'
import type { FrameOf } from '#common/protocol/frames.ts'

const ack = (room: string, offset: number): FrameOf<'ack'> => ({ t: 'ack', room, epoch: 'EdgeEpoch-000001', offset })

function pace(delayMs: number) {
  const sent: FrameOf<'ack'>[] = []
  return { sent, acks: new AckPace({ delayMs, bytesMax: 1000, send: one => sent.push(one) }) }
}

test('acks of one turn of the event loop are one frame per room, the newest', async () => {
  const { sent, acks } = pace(0)
  for (const offset of [1, 2, 3]) acks.stored(ack('a', offset), 10)
  acks.stored(ack('b', 7), 10)
  assert.deepEqual(sent, [])
  await delay(0)
  assert.deepEqual(sent, [ack('a', 3), ack('b', 7)])
})

test('with a delay they wait for it, and the next ones for the next', async () => {
  const { sent, acks } = pace(20)
  acks.stored(ack('a', 1), 10)
  await delay(0)
  acks.stored(ack('a', 2), 10)
  assert.deepEqual(sent, [])
  while (sent.length === 0) await delay(1)
  assert.deepEqual(sent, [ack('a', 2)])
  acks.stored(ack('a', 3), 10)
  while (sent.length === 1) await delay(1)
  assert.deepEqual(sent, [ack('a', 2), ack('a', 3)])
})

test('many bytes do not wait', () => {
  const { sent, acks } = pace(60_000)
  acks.stored(ack('a', 1), 600)
  acks.stored(ack('a', 2), 400)
  assert.deepEqual(sent, [ack('a', 2)])
  acks.stored(ack('a', 3), 400)
  assert.equal(sent.length, 1)
  acks.flush()
  assert.deepEqual(sent.at(-1), ack('a', 3))
  acks.flush()
  assert.equal(sent.length, 2)
})
