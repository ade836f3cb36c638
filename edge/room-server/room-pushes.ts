// Pushes of one room as packets: the text of a post for the air, sealed for its member, by the way that is known.
import { randomInt } from 'node:crypto'
import { type AirText, airText, airTextBytesMax } from '#common/air-text.ts'
import { NewestMap } from '#common/newest.ts'
import { type Author, type Post, postSchema } from '#common/post.ts'
import { type Entry, LOCAL, type PostLog } from '#common/post-log.ts'
import { cutUtf8 } from '#common/utf8.ts'
import type { RadioIdentity } from '../radio/crypto.ts'
import { ackOf, encodeText, type Text, textType } from '../radio/texts.ts'
import type { Air } from './air.ts'
import { unaskedText } from './answers.ts'
import { FreshPosts } from './fresh-posts.ts'
import { isWriter } from './member.ts'
import type { Members } from './members.ts'
import { Pushes, type PushTry, type PushUnderWay } from './pushes.ts'
import { type Regions, regionOf } from './regions.ts'
import type { RoomRules } from './room-rules.ts'
import { RoomSeconds } from './room-seconds.ts'
import { WaitingPosts } from './waiting-posts.ts'

export interface RoomPushesParts {
  log: PostLog
  identity: RadioIdentity
  members: Members
  settings: RoomRules
  /** Is told of each that was on the air. */
  wasOnAir: (entry: Entry) => void
  /** Id of this server. */
  origin: string
  changed: () => void
}

export interface PushSurroundings {
  air: Air
  cityOf: (origin: string) => string | undefined
  hashBytes: 1 | 2 | 3
  regions: Regions
  rfMaxAgeMs: number
  pushHoldMs: number
  pushIntervalMs: number
  now: () => number
  ticks: () => number
}

const textsKept = 200
/** For those who may only read: what they are pushed leaves a part of the air to the others. */
const lessUrgent = { local: 'live', live: 'catch-up', 'catch-up': 'catch-up' } as const

export function roomPushes(parts: RoomPushesParts, around: PushSurroundings): Pushes {
  const { log, members, settings, changed } = parts
  const { rfMaxAgeMs, pushHoldMs, pushIntervalMs, now, ticks } = around
  const texts = new PostTexts(post => airText(post, { origin: parts.origin, cityOf: around.cityOf }))
  const fresh = new FreshPosts()
  const posts = new WaitingPosts({
    log,
    seconds: new RoomSeconds(log, fresh),
    fresh,
    partsOf: entry => {
      const known = texts.of(entry)
      // Blocked authors stay in the log, which is the same everywhere; here they are not on the air.
      return known === undefined || settings.isBlocked(known.author) ? 0 : known.text.parts.length
    },
    isAuthor: (entry, { key }) => texts.of(entry)?.author.key === key,
    rfMaxAgeMs,
    holdMs: pushHoldMs,
    now,
  })
  return new Pushes({
    posts,
    members: () => members.all(),
    send: one => push(one, texts, { parts, around }),
    synced: member => members.save(member),
    isOn: () => settings.isOnAir,
    intervalMs: pushIntervalMs,
    now,
    ticks,
    firstAttempt: () => randomInt(4),
    chance: () => Math.random(),
    changed,
  })
}

function push(
  { member, entry, second, part, attempt, pushClass, usefulMs }: PushTry,
  texts: PostTexts,
  { parts, around }: { parts: RoomPushesParts; around: PushSurroundings },
): PushUnderWay {
  const { identity, members, log } = parts
  const { text } = texts.of(entry) ?? { text: { speaker: undefined, authorPrefix: undefined, parts: [] } }
  const words: Text = {
    timestamp: second,
    type: textType.signed,
    attempt,
    authorPrefix:
      text.authorPrefix === undefined ? identity.publicKey.subarray(0, 4) : Buffer.from(text.authorPrefix, 'hex'),
    text: Buffer.from(cutUtf8(text.parts[part] ?? '', airTextBytesMax)),
  }
  const node = Buffer.from(member.key, 'hex')
  const secret = members.secretWith(member.key)
  if (secret === undefined) return { ack: '', sent: Promise.resolve(false), cancel: () => {} }
  const to = { room: identity.publicKey, node, secret }
  const { hashBytes, regions } = around
  const way = { path: member.path, hashBytes, region: regionOf(member, regions) }
  const packet = unaskedText(to, encodeText(words), way)
  const onAir = around.air.send({
    packet,
    airClass: isWriter(member) ? pushClass : lessUrgent[pushClass],
    delayMs: 0,
    usefulMs,
    room: log.room,
    // A notice of another city goes as urgently as what is written here, and is none of it.
    kind: entry.from === LOCAL ? 'push-local' : 'push-federated',
    author: text.speaker,
  })
  void onAir.sent.then(isSent => isSent && parts.wasOnAir(entry))
  return { ack: Buffer.from(ackOf(words, node)).toString('hex'), ...onAir }
}

interface KnownText {
  author: Author
  text: AirText
}

/** The newest posts as they are told on the air: each is asked for many times, for every member. */
class PostTexts {
  readonly #write: (post: Post) => AirText
  readonly #known = new NewestMap<string, KnownText | undefined>(textsKept)

  constructor(write: (post: Post) => AirText) {
    this.#write = write
  }

  /** Undefined for what is no post; no such thing should be in a log. */
  of({ guid, json }: Entry): KnownText | undefined {
    if (this.#known.has(guid)) return this.#known.get(guid)
    const post = postSchema.safeParse(JSON.parse(json)).data
    const text = post && { author: post.author, text: this.#write(post) }
    this.#known.set(guid, text)
    return text
  }
}
