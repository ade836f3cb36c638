// What the radio reads on its way into a room: a post of a node is stored; what a gateway has said is an echo, and is not.
import { RequestError } from '#common/errors.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import type { PostWriter } from '#common/post-writer.ts'
import type { HeardText } from '../radio/companion-reader.ts'
import type { WishedChannel } from '../radio/companion-setup.ts'
import { textType } from '../radio/texts.ts'
import type { EchoLedger } from './echo-ledger.ts'
import { channelDraft, type HeardDraft, roomDraft } from './heard-posts.ts'
import type { LedgerFeed } from './ledger-feed.ts'
import type { KnownNode } from './node-directory.ts'

/** A place on the air that is bridged, and the room it belongs to. */
export interface Bridge {
  log: PostLog
  feed: LedgerFeed
  /** GUIDs of what was heard there. */
  heard: Set<string>
}

export interface RoomBridge extends Bridge {
  key: Uint8Array
  name: string
  /** It has sent something. */
  signOfLife: () => void
  /** A push with this second is dealt with. */
  stored: (second: number) => void
}

export interface ChannelBridge extends Bridge {
  channel: WishedChannel
}

export interface IntakeParts {
  room: RoomBridge | undefined
  channels: readonly ChannelBridge[]
  ledger: EchoLedger
  writer: PostWriter
  find: (prefix: Uint8Array) => KnownNode | undefined
  /** `key` in hex, whole or its first bytes. */
  isGateway: (key: string) => boolean
  /** A server of the federation is called so. */
  isCity: (name: string) => boolean
  /** Unix ms, as stamped on posts. */
  now: () => number
  log: Log
}

export interface IntakeCounts {
  posts: number
  /** Heard before, by us or another server. */
  duplicates: number
  echoes: number
}

const marksMax = 5

export class Intake {
  readonly counts: IntakeCounts = { posts: 0, duplicates: 0, echoes: 0 }
  readonly #p: IntakeParts

  constructor(parts: IntakeParts) {
    this.#p = parts
  }

  /** Resolves when it is stored, or no post. @throws StoreUnavailableError */
  async hear(text: HeardText): Promise<void> {
    if (text.kind === 'direct') return await this.#hearRoom(text)
    const bridge = this.#p.channels.find(({ channel }) => channel === text.channel)
    if (bridge === undefined) return
    const draft = channelDraft(bridge.channel, text.body)
    // Who speaks in a channel nothing proves: what has the form in which gateways quote is taken for that.
    if (draft !== undefined) await this.#take(bridge, draft, this.#isQuote(draft.text))
  }

  async #hearRoom({ from, body }: Extract<HeardText, { kind: 'direct' }>): Promise<void> {
    const { room, find, isGateway } = this.#p
    if (room === undefined || !Buffer.from(room.key.subarray(0, from.length)).equals(from)) return
    room.signOfLife()
    const draft = body.type === textType.signed ? roomDraft(room, body, find) : undefined
    if (draft !== undefined) await this.#take(room, draft, isGateway(draft.author.key ?? ''))
    if (body.type === textType.signed) room.stored(body.timestamp)
  }

  async #take({ log, feed, heard }: Bridge, draft: HeardDraft, isGateways: boolean): Promise<void> {
    const { ledger, now } = this.#p
    await feed.catchUp()
    const quoted = ledger.find({ room: log.room, words: draft.text }, now())
    heard.add(quoted ?? draft.guid)
    if (quoted !== undefined || isGateways) this.counts.echoes += 1
    else await this.#store(log, draft)
  }

  async #store(log: PostLog, draft: HeardDraft): Promise<void> {
    try {
      const { duplicate } = await this.#p.writer.write(log, draft)
      this.counts[duplicate ? 'duplicates' : 'posts'] += 1
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      this.#p.log.warn(`A text heard by radio is no post of room "${log.room}": ${error.message}`)
    }
  }

  /** `Name@City: text`; names of people and cities may hold both marks themselves. */
  #isQuote(words: string): boolean {
    const ends = placesOf(': ', words)
    return placesOf('@', words).some(
      at => at > 0 && ends.some(end => end > at && this.#p.isCity(words.slice(at + 1, end))),
    )
  }
}

/** Of the first few: a name is short, and a text may be full of them. */
function placesOf(mark: string, words: string): number[] {
  const places: number[] = []
  for (let at = words.indexOf(mark); at >= 0 && places.length < marksMax; at = words.indexOf(mark, at + 1))
    places.push(at)
  return places
}
