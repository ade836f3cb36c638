// What waits for the app of a user: the posts of the rooms in which it is logged in, each until the app has taken it.
import { type AirTextContext, cutParts, nameWithCity } from '#common/air-text.ts'
import type { Post } from '#common/post.ts'
import type { Entry } from '#common/post-log.ts'
import { entriesAfter } from '#common/read-on.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { type Permission, permission } from '../room-server/member.ts'
import { postOf } from './app-authors.ts'
import type { AppRoom } from './app-room.ts'

/** What the firmware's rooms keep: so much of the past sees who comes for the first time. */
const firstPosts = 32
const pageEntries = 50
const answersMax = 8

export interface AppText {
  room: AppRoom
  /** The answer to a command is no post. */
  kind: 'post' | 'answer'
  /** The room's second of the post. */
  second: number
  /** Key of an author whom the app has as a contact, 64 hex digits; undefined: his name is in the text. */
  author: string | undefined
  text: string
}

/**
 * Up to which second of a room the app of a user has taken the posts; over a restart. `place`: the room, or something of its
 * own for those who came without a password.
 */
export interface Positions {
  get(place: string): number | undefined
  /** On disk when it returns. @throws StoreUnavailableError */
  set(place: string, second: number): void
}

/** `key`: the user's. */
export function storedPositions(meta: Meta, key: string): Positions {
  const nameOf = (place: string) => `app:${key}:${place}`
  return {
    get: place => {
      const second = Number(meta.get(nameOf(place)) ?? Number.NaN)
      return Number.isInteger(second) ? second : undefined
    },
    set: (place, second) => meta.set(nameOf(place), String(second)),
  }
}

interface Given {
  second: number
  author: string | undefined
  parts: string[]
  /** The part that the app gets next, or has got. */
  part: number
}

/** Where the app stands in one room. */
interface Reader {
  room: AppRoom
  /** Of `positions`. */
  place: string
  epoch: string
  /** All up to it was taken, or is not for this user. */
  offset: number
  /** Second of the last post taken. */
  since: number
  given: Given | undefined
}

export interface AppInboxParts {
  /** Key of the user: what he wrote himself he has. */
  userKey: string
  positions: Positions
  context: AirTextContext
}

export class AppInbox {
  readonly #p: AppInboxParts
  readonly #readers = new Map<AppRoom, Reader>()
  /** Answers to commands, the oldest first. */
  readonly #answers: AppText[] = []
  /** What the app was given last and has not taken yet: a post of this reader, or this answer. */
  #unsure: Reader | AppText | undefined

  constructor(parts: AppInboxParts) {
    this.#p = parts
  }

  /**
   * The app is logged in to this room, `granted` by its password. Who gave none is perhaps not the user: what he reads stays
   * unread for the user. @throws StoreUnavailableError
   */
  async enter(room: AppRoom, granted: Permission = permission.readWrite): Promise<void> {
    await room.seconds.catchUp()
    const place = granted < permission.readWrite ? `${room.log.room}:open` : room.log.room
    if (this.#readers.get(room)?.place === place) return
    this.leave(room)
    const { first, head } = room.log.head
    const since = this.#p.positions.get(place) ?? room.seconds.of(Math.max(first - 1, head - firstPosts)) ?? 0
    this.#readers.set(room, { room, place, epoch: '', offset: 0, since, given: undefined })
  }

  leave(room: AppRoom): void {
    if (this.#unsure?.room === room) this.#unsure = undefined
    this.#readers.delete(room)
  }

  /** The answer to a command: the app gets it before the posts. The oldest one is lost when there are too many. */
  answer(room: AppRoom, second: number, text: string): void {
    this.#answers.push({ kind: 'answer', room, second, author: undefined, text })
    if (this.#answers.length > answersMax) this.#answers.shift()
  }

  /** The next text; the same one again until it was taken. @throws StoreUnavailableError */
  async next(): Promise<AppText | undefined> {
    const [answer] = this.#answers
    if (answer !== undefined) {
      this.#unsure = answer
      return answer
    }
    for (const reader of this.#readers.values()) {
      const given = await this.#given(reader)
      if (given === undefined) continue
      const { second, author, parts, part } = given
      this.#unsure = reader
      return { kind: 'post', room: reader.room, second, author, text: parts[part] ?? '' }
    }
    return undefined
  }

  /** Is there a text besides the one that the app was given last? @throws StoreUnavailableError */
  async isWaiting(): Promise<boolean> {
    if (this.#answers.some(answer => answer !== this.#unsure)) return true
    for (const reader of this.#readers.values()) {
      const given = await this.#given(reader)
      if (given === undefined) continue
      if (reader !== this.#unsure || given.part + 1 < given.parts.length) return true
      if ((await this.#find({ ...reader, since: given.second })) !== undefined) return true
    }
    return false
  }

  /** The app has what it was given last. @throws StoreUnavailableError */
  taken(): void {
    const unsure = this.#unsure
    this.#unsure = undefined
    if (unsure === undefined) return
    if ('text' in unsure) this.#answers.splice(0, this.#answers[0] === unsure ? 1 : 0)
    else this.#takenOf(unsure)
  }

  #takenOf(reader: Reader): void {
    if (reader.given === undefined) return
    reader.given.part += 1
    if (reader.given.part < reader.given.parts.length) return
    reader.since = reader.given.second
    reader.given = undefined
    this.#p.positions.set(reader.place, reader.since)
  }

  async #given(reader: Reader): Promise<Given | undefined> {
    if (reader.given !== undefined) return reader.given
    const { since } = reader
    const found = await this.#find(reader)
    // Two may have looked at the same time, and the app may have taken the post meanwhile.
    if (reader.since === since) reader.given ??= found
    return reader.given
  }

  async #find(reader: Reader): Promise<Given | undefined> {
    const { log, seconds, authors } = reader.room
    await Promise.all([seconds.catchUp(), authors.catchUp()])
    if (reader.epoch !== log.head.epoch) Object.assign(reader, { epoch: log.head.epoch, offset: 0 })
    reader.offset = Math.max(reader.offset, seconds.offsetAt(reader.since))
    while (reader.offset < seconds.head) {
      const page = await entriesAfter(log, reader.offset, pageEntries)
      if (reader.epoch !== log.head.epoch) return undefined
      const known = page.filter(({ offset }) => offset <= seconds.head)
      if (known.length === 0) return undefined
      const given = this.#firstOf(reader, known)
      if (given !== undefined) return given
    }
    return undefined
  }

  /** Passes over what is not for this user. */
  #firstOf(reader: Reader, page: readonly Entry[]): Given | undefined {
    for (const entry of page) {
      const given = this.#givenOf(reader.room, entry)
      if (given !== undefined) return given
      reader.offset = entry.offset
    }
    return undefined
  }

  /** Undefined for what is not for this user. */
  #givenOf({ authors, seconds, settings }: AppRoom, entry: Entry): Given | undefined {
    const post = postOf(entry)
    const second = seconds.of(entry.offset)
    if (post === undefined || second === undefined) return undefined
    if (post.author.key === this.#p.userKey || settings.isBlocked(post.author)) return undefined
    const known = authors.get(post.author.key ?? '')
    // Whose key is known from elsewhere is not shown as the one who is known.
    const author = known?.origin === post.origin ? known.key : undefined
    return { second, part: 0, author, parts: partsOf(post, author, this.#p.context) }
  }
}

/** As on the air; but here all authors with a whole key are contacts, of whatever city they are. */
function partsOf(post: Post, author: string | undefined, context: AirTextContext): string[] {
  return cutParts(author === undefined ? `${nameWithCity(post, context)}: ` : '', post.text)
}
