// What a FrameReader keeps for whoever has proved nothing yet, and what it hands over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameBytesMax, roomsPerLinkMax } from '#common/protocol/frames.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import { memoryConnection } from '#test/support/memory-transport.ts'

function readerAnd() {
  const { dialler, acceptor, deliver } = memoryConnection()
  const arrive = (frame: string) => {
    dialler.send(frame)
    return deliver('acceptor')
  }
  return { reader: new FrameReader(acceptor), arrive }
}

const tooMany = { code: 4400, message: 'too many frames before the proof' }

test('frames that come early wait, a frame for every room, and are handed over in order', async () => {
  const { reader, arrive } = readerAnd()
  const frames = Array.from({ length: roomsPerLinkMax + 8 }, (_, n) => `frame ${n}`)
  for (const frame of frames) arrive(frame)
  const seen = [await reader.next(10)]
  reader.handOver({ onFrame: text => seen.push(text), onClose: () => assert.fail('closed') })
  assert.deepEqual(seen, frames)
})

test('more frames than that end the connection', async () => {
  const { reader, arrive } = readerAnd()
  for (let n = 0; n < roomsPerLinkMax + 9; n += 1) arrive('x')
  assert.equal(arrive('y'), false)
  await Promise.resolve()
  for (let n = 0; n < roomsPerLinkMax + 8; n += 1) await reader.next(10)
  await assert.rejects(reader.next(10), tooMany)
})

test('and so do fewer that are larger than two of the largest; what was taken counts no more', async () => {
  const { reader, arrive } = readerAnd()
  const large = 'x'.repeat(frameBytesMax)
  for (let n = 0; n < 10; n += 1) {
    arrive(large)
    assert.equal((await reader.next(10)).length, large.length)
  }
  for (let n = 0; n < 3; n += 1) arrive(large)
  await reader.next(10)
  await reader.next(10)
  await assert.rejects(reader.next(10), tooMany)
})
