// What was read from the radio, as a post: the push of a room server, or a line in a channel.
import { guidFromContent } from '#common/guid.ts'
import type { Post } from '#common/post.ts'
import { nameBytesMax, textBytesMax } from '#common/post-text.ts'
import type { Draft } from '#common/post-writer.ts'
import { cutUtf8 } from '#common/utf8.ts'
import { decodeCutUtf8, uint32 } from '../radio/bytes.ts'
import { splitLine } from '../radio/channels.ts'
import type { ReceivedText } from '../radio/companion-received.ts'
import type { WishedChannel } from '../radio/companion-setup.ts'
import type { KnownNode } from './node-directory.ts'

export type HeardDraft = Draft & { guid: string }

/** Undefined for what is no text. The author's key is whole where `find` knows the node. */
export function roomDraft(
  room: { key: Uint8Array; name: string },
  { timestamp, authorPrefix = new Uint8Array(4), text: bytes }: ReceivedText,
  find: (prefix: Uint8Array) => KnownNode | undefined,
): HeardDraft | undefined {
  const text = cleanText(bytes)
  if (text === undefined) return undefined
  const prefix = Buffer.from(authorPrefix).toString('hex')
  const isRoom = Buffer.from(room.key.subarray(0, 4)).equals(authorPrefix)
  const author = isRoom ? { key: Buffer.from(room.key).toString('hex'), name: room.name } : find(authorPrefix)
  return {
    guid: roomGuid(room.key, { timestamp, authorPrefix, text: bytes }),
    author: author ?? { key: prefix, name: prefix },
    source: 'lora',
    text,
    wasAccepted: true,
  }
}

/** Undefined for what is no text. */
export function channelDraft(
  { name: channel, secret }: WishedChannel,
  { timestamp, text: bytes }: ReceivedText,
): HeardDraft | undefined {
  const line = cleanText(bytes)
  if (line === undefined) return undefined
  const { name, words } = splitLine(line)
  const text = words.trim() === '' ? line : words
  return {
    guid: guidFromContent('mcfed/1/chan', secret, uint32(timestamp), bytes),
    author: { name: cutUtf8(name.replaceAll('\n', ' ').trim() || channel, nameBytesMax) },
    source: 'channel',
    text,
    wasAccepted: true,
  }
}

/** Most clocks are right to the minute, and a push may wait for its client for a while. */
const clocksApartSeconds = 120
/** Each second costs a hash, and nothing else is done meanwhile: all of them a tenth of a second, on a small board one. */
const searchMaxSeconds = 7200

/**
 * True when this post of another server was read from the same room server: its GUID is made from that one's key, and from
 * a second that is tried out, back to `sinceMs` before the post, two hours at most. Written there again it would be there
 * twice.
 */
export function isFromRoomServer(post: Post, key: Uint8Array, sinceMs: number): boolean {
  if (post.source !== 'lora' || post.author.key === undefined) return false
  const authorPrefix = Buffer.from(post.author.key, 'hex').subarray(0, 4)
  const text = Buffer.from(post.text)
  const at = Math.floor(post.at / 1000)
  const since = at - Math.min(searchMaxSeconds, sinceMs / 1000)
  for (let timestamp = at + clocksApartSeconds; timestamp >= since; timestamp -= 1)
    if (timestamp >= 0 && roomGuid(key, { timestamp, authorPrefix, text }) === post.guid) return true
  return false
}

interface RoomPush {
  timestamp: number
  authorPrefix: Uint8Array
  text: Uint8Array
}

function roomGuid(key: Uint8Array, { timestamp, authorPrefix, text }: RoomPush): string {
  return guidFromContent('mcfed/1/room', key, uint32(timestamp), authorPrefix, text)
}

function cleanText(bytes: Uint8Array): string | undefined {
  const text = decodeCutUtf8(bytes)?.replaceAll(/[^\P{Cc}\n]/gu, ' ')
  return text === undefined || text.trim() === '' ? undefined : cutUtf8(text, textBytesMax)
}
