// What a companion radio hears on the air tells whether a room server has understood, where the radio keeps its answer to itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RoomLine } from '#edge/gateway/room-line.ts'
import { uint32 } from '#edge/radio/bytes.ts'
import type { CompanionReply } from '#edge/radio/companion-replies.ts'
import type { CompanionRequest } from '#edge/radio/companion-session.ts'
import { encodePacket, noPath, payloadType } from '#edge/radio/packet.ts'
import { keepAliveAck, requestType } from '#edge/radio/requests.ts'
import { HeldTime } from '#test/support/held-time.ts'

const [roomKey, ownKey] = [Buffer.alloc(32, 5), Buffer.alloc(32, 6)]
const timestamp = 1_790_000_000
const never = new AbortController().signal

/** A radio that sends, and tells what it is told to. */
function bench() {
  const time = new HeldTime()
  const commands: unknown[] = []
  let tell: (reply: CompanionReply) => void = () => {}
  const sent: CompanionReply = { kind: 'sent', isFlood: false, tag: uint32(timestamp), timeoutMs: 3000 }
  const line = new RoomLine({
    radio: {
      known: { publicKey: ownKey } as never,
      ask: () => Promise.reject(new Error('nothing is asked')),
      send: async <T>({ command, pick }: CompanionRequest<T>) => {
        commands.push(command)
        return pick(sent) as T
      },
      onTold: listener => {
        tell = listener
        return () => (tell = () => {})
      },
      restoreRoom: async () => {},
    },
    ...{ key: roomKey, password: 'x', slackMs: 2000 },
    sleep: (ms, signal) =>
      new Promise<void>(resolve => {
        time.after(ms, resolve)
        signal.addEventListener('abort', () => resolve())
      }),
  })
  const hear = (type: number, payload: Uint8Array) => {
    const packet = encodePacket({ route: 'direct', type, path: noPath, payload })
    tell({ kind: 'heard', snrDb: 1, rssiDbm: -90, packet })
  }
  return { time, commands, line, hear, tell: (reply: CompanionReply) => tell(reply) }
}

/** As the room server answers a keep-alive of `key`, with a count behind it. */
function ackOf(second: number, key: Uint8Array): Uint8Array {
  const request = { timestamp, type: requestType.keepAlive, data: uint32(second) }
  return Buffer.concat([keepAliveAck(request, key), Uint8Array.of(3)])
}

test('a room that is heard to acknowledge what it is asked for has understood', async () => {
  const { time, commands, line, hear } = bench()
  const asked = line.pushFrom(500, never)
  await time.pass(1000)
  hear(payloadType.ack, ackOf(500, ownKey))
  await time.pass(0)
  assert.equal(await asked, true)
  const data = Buffer.concat([Uint8Array.of(requestType.keepAlive), uint32(500)])
  assert.deepEqual(commands, [{ kind: 'send-request', publicKey: roomKey, data }])
})

test('what others are told, and what is no ACK, is no answer; it is waited for until the time is over', async () => {
  const { time, line, hear, tell } = bench()
  let answer: boolean | undefined
  void line.pushFrom(500, never).then(found => (answer = found))
  await time.pass(1000)
  hear(payloadType.ack, ackOf(500, roomKey))
  hear(payloadType.ack, ackOf(501, ownKey))
  hear(payloadType.text, ackOf(500, ownKey))
  hear(payloadType.ack, Buffer.alloc(3))
  tell({ kind: 'heard', snrDb: 1, rssiDbm: -90, packet: Uint8Array.of(0xff) })
  await time.pass(3999)
  assert.equal(answer, undefined)
  await time.pass(1)
  assert.equal(answer, false)
})

test('who stops does not wait', async () => {
  const { time, line } = bench()
  const stopping = new AbortController()
  const asked = line.pushFrom(500, stopping.signal)
  await time.pass(1000)
  stopping.abort()
  assert.equal(await asked, false)
})
