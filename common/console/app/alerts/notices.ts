// Priority notices of net control that came in while this page was open, until somebody here has acknowledged them.
import { signal } from '@preact/signals'
import { NewestSet } from '#common/newest.ts'
import { isPriority, priorityPrefix } from '#common/priority.ts'
import type { ApiPost } from '#common/room-shapes.ts'
import { authorWord } from '../rooms/export-text.ts'
import { isTime, type Kept, keepText, keptText } from '../shell/kept.ts'

export interface Notice {
  guid: string
  room: string
  author: string
  /** Id of its server. */
  origin: string
  /** Without the mark. */
  text: string
  /** Unix ms, when it came to the server. */
  at: number
}

export const noticesKey = 'mcfed.notices'
const noticesMax = 50
/** Whoever comes back after a longer time reads it in the room. */
const newsMs = 12 * 3_600_000

export interface NoticesParts {
  storage: Kept
  /** Unix ms. */
  now: () => number
}

export class Notices {
  /** The oldest first. */
  readonly list = signal<readonly Notice[]>([])
  readonly #parts: NoticesParts
  /** Guids of posts that came in here, and of all notices that were ever in the list. */
  readonly #heard = new NewestSet<string>(10 * noticesMax)
  readonly #listed = new NewestSet<string>(10 * noticesMax)

  constructor(parts: NoticesParts) {
    this.#parts = parts
    this.read()
    for (const { guid } of this.list.value) this.#heard.add(guid)
  }

  /** A post has come in. Gives the notice when it is a new one, and nobody has acknowledged it. */
  hear(post: ApiPost): Notice | undefined {
    const { guid, room, origin, text, receivedAt } = post
    if (!isPriority(post) || this.#heard.has(guid) || this.#parts.now() - receivedAt > newsMs) return undefined
    this.#heard.add(guid)
    const said = text.slice(priorityPrefix.length)
    const notice = { guid, room, author: authorWord(post), origin, text: said, at: receivedAt }
    // Another tab may have heard it before; whether that one can ring for it nobody knows here.
    if (this.#listed.has(guid)) return this.list.value.find(known => known.guid === guid)
    this.#set([...this.list.value, notice])
    return notice
  }

  ack(guid: string): void {
    this.#set(this.list.value.filter(notice => notice.guid !== guid))
  }

  ackAll(): void {
    this.#set([])
  }

  /** Another tab has changed what is kept. */
  read(): void {
    this.list.value = parseNotices(keptText(this.#parts.storage, noticesKey))
    for (const { guid } of this.list.value) this.#listed.add(guid)
  }

  #set(notices: readonly Notice[]): void {
    this.list.value = fairly(notices)
    for (const { guid } of this.list.value) this.#listed.add(guid)
    keepText(this.#parts.storage, noticesKey, JSON.stringify(this.list.value))
  }
}

/** Of too many the oldest goes of whoever has the most: a server that floods leaves those of others. */
function fairly(notices: readonly Notice[]): readonly Notice[] {
  if (notices.length <= noticesMax) return notices
  const countByOrigin = new Map<string, number>()
  for (const { origin } of notices) countByOrigin.set(origin, (countByOrigin.get(origin) ?? 0) + 1)
  const most = Math.max(...countByOrigin.values())
  const first = notices.findIndex(({ origin }) => countByOrigin.get(origin) === most)
  return fairly(notices.toSpliced(first, 1))
}

export function parseNotices(text: string | null): Notice[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(kept) ? kept.filter(isNotice).slice(-noticesMax) : []
  } catch {
    return []
  }
}

function isNotice(value: unknown): value is Notice {
  if (typeof value !== 'object' || value === null) return false
  const { guid, room, author, origin, text, at } = value as Partial<Record<keyof Notice, unknown>>
  return [guid, room, author, origin, text].every(part => typeof part === 'string') && isTime(at)
}
