// Texts as the firmware's companion radio (v1.17.1) gives them, for an app that comes late and for one that is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompanionReader, type HeardText } from '#edge/radio/companion-reader.ts'
import { type CompanionReply, decodeReply } from '#edge/radio/companion-replies.ts'
import type { CompanionSession } from '#edge/radio/companion-session.ts'
import { fromHex, toHex } from '#test/support/meshcore-vectors.ts'

/** Heard after a restart of the radio, before it was told a version: the old layouts. The rest is as it is later. */
const frames = {
  channel: '080000002f14076b416e613a2068656c6c6f206368616e6e656c',
  direct: '07050a7ac514f500003014076b646972656374',
  room: '07b27e8d3e5eeeff022f14076b050a7ac5436861696e73206f6e',
  roomLater: '10260000aee8f846da04ff024906076bbac0814948656c6c6f',
  end: '0a',
}

/** A radio with this in its queue. */
function sessionOf(hexes: string[]): CompanionSession {
  const queue = hexes.map(hex => decodeReply(fromHex(hex)))
  const ask = async ({ pick }: { pick: (reply: CompanionReply) => boolean | undefined }) => {
    const reply = queue.shift()
    const picked = reply && pick(reply)
    if (picked === undefined) throw new Error(`the radio does not answer, for ${reply?.kind} is no answer`)
    return picked
  }
  return { ask, over: new AbortController().signal } as unknown as CompanionSession
}

test('texts that were heard before the radio knew our version are read like all others', async () => {
  const heard: HeardText[] = []
  const town = { name: '#town', secret: new Uint8Array(16) }
  const reader = new CompanionReader({
    onText: async text => void heard.push(text),
    channels: () => new Map([[0, town]]),
    storeAgainMs: 1,
  })
  const { channel, direct, room, roomLater, end } = frames
  await reader.readAll(sessionOf([channel, direct, room, roomLater, end]))
  assert.deepEqual(
    heard.map(text => [text.kind, Buffer.from(text.body.text).toString(), text.body.timestamp]),
    [
      ['channel', 'Ana: hello channel', 0x6b07142f],
      ['direct', 'direct', 0x6b071430],
      ['direct', 'Chains on', 0x6b07142f],
      ['direct', 'Hello', 0x6b070649],
    ],
  )
  const [, , fromRoom] = heard
  assert.ok(fromRoom?.kind === 'direct' && fromRoom.body.authorPrefix)
  assert.deepEqual([toHex(fromRoom.from), toHex(fromRoom.body.authorPrefix)], ['b27e8d3e5eee', '050a7ac5'])
})
