// What this browser has to post: the outbox as signals, who writes, and the text that was begun in each room.
import { type Signal, signal } from '@preact/signals'
import type { Deliveries, Session } from '#common/network.ts'
import { NewestMap } from '#common/newest.ts'
import { nameBytesMax } from '#common/post-text.ts'
import type { ApiPost } from '#common/room-shapes.ts'
import { cutUtf8 } from '#common/utf8.ts'
import { type Api, ApiError } from '../server/api.ts'
import type { KeptItems } from './kept-posts.ts'
import { newKey, Outbox } from './outbox.ts'
import type { Draft, Outcome, OwnPost, ServerName } from './own-post.ts'
import { outcomeOf, outcomeOfError, unreachable, writtenElsewhere } from './post-outcome.ts'

const authorName = 'mcfed.author'
const draftPrefix = 'mcfed.draft.'
const urgentPrefix = 'mcfed.urgent.'
/** A text that was pasted by mistake need not fill the storage. */
const draftLengthMax = 5000
const deliveriesMax = 100

export interface ComposeOptions {
  api: Pick<Api, 'ask'>
  /** Undefined where the browser forbids it. */
  items: KeptItems | undefined
  /** The one that this page is of; undefined while nobody is signed in. */
  server: () => ServerName | undefined
}

export class Compose {
  readonly posts: Signal<readonly OwnPost[]> = signal([])
  /** False: something unsent is lost when the page is closed. */
  readonly isKept = signal(true)
  readonly author: Signal<string>
  readonly outbox: Outbox
  readonly #items: KeptItems | undefined
  readonly #drafts = new Map<string, Signal<string>>()
  readonly #urgent = new Map<string, Signal<boolean>>()
  readonly #deliveries = new NewestMap<string, Signal<Deliveries | undefined>>(deliveriesMax)

  constructor({ api, items, server }: ComposeOptions) {
    this.#items = items
    this.author = signal(this.#kept(authorName))
    this.outbox = new Outbox({
      ...{ items, newKey, server },
      send: async (post, signal) => writtenElsewhere(post.server, server()) ?? sendPost(api, post, signal),
      now: () => ({ at: Date.now(), chance: Math.random() }),
      changed: () => this.#show(),
    })
    this.#show()
  }

  /** Who writes, as long as nobody has said so: a token of a hub is named for who holds it. */
  suggestAuthor({ who, server }: Session): void {
    if (this.author.value === '' && server.role === 'hub') this.author.value = cutUtf8(who, nameBytesMax)
  }

  /** Sends what waits, until the returned function is called. */
  start(): () => void {
    const stopping = new AbortController()
    void this.outbox.run(stopping.signal)
    return () => stopping.abort()
  }

  /** False: too many posts wait. */
  post(draft: Draft): boolean {
    if (!this.outbox.add(draft)) return false
    this.saveAuthor(draft.author)
    this.saveDraft(draft.room, '')
    this.saveUrgent(draft.room, false)
    return true
  }

  /** The text that was begun in a room. */
  draftOf(room: string): Signal<string> {
    const draft = this.#drafts.get(room) ?? signal(this.#kept(draftPrefix + room))
    this.#drafts.set(room, draft)
    return draft
  }

  saveDraft(room: string, text: string): void {
    this.draftOf(room).value = text
    this.#keep(draftPrefix + room, text.slice(0, draftLengthMax))
  }

  /** What was begun in a room is to be a priority notice. Where nothing was begun a tick of another day is none. */
  isUrgentIn(room: string): Signal<boolean> {
    const isKept = () => this.draftOf(room).value !== '' && this.#kept(urgentPrefix + room) !== ''
    const urgent = this.#urgent.get(room) ?? signal(isKept())
    this.#urgent.set(room, urgent)
    return urgent
  }

  saveUrgent(room: string, isUrgent: boolean): void {
    this.isUrgentIn(room).value = isUrgent
    this.#keep(urgentPrefix + room, isUrgent ? 'yes' : '')
  }

  saveAuthor(author: string): void {
    this.author.value = author
    this.#keep(authorName, author)
  }

  /** A post of the feed was written in this browser. It may come by the live socket before the server's answer: then by its words. */
  readonly isOwn = ({ guid, source, room, author, text }: ApiPost): boolean =>
    source === 'console' &&
    this.posts.value.some(({ sending, ...own }) => {
      if (sending.state === 'stored') return sending.guid === guid
      return own.room === room && own.author === author.name && own.text === text
    })

  /** How far a post has come, as it was told last; whoever shows it asks anew. A row that is scrolled away and back does not begin with nothing. */
  deliveriesOf(guid: string): Signal<Deliveries | undefined> {
    const known = this.#deliveries.get(guid) ?? signal<Deliveries | undefined>(undefined)
    this.#deliveries.set(guid, known)
    return known
  }

  #show(): void {
    this.posts.value = this.outbox.posts
    this.isKept.value = this.outbox.isKept
  }

  #kept(name: string): string {
    try {
      return this.#items?.getItem(name) ?? ''
    } catch {
      return ''
    }
  }

  /** A comfort only: what is posted is the outbox's to keep. */
  #keep(name: string, value: string): void {
    try {
      if (value === '') this.#items?.removeItem(name)
      else this.#items?.setItem(name, value)
    } catch {
      // Full or forbidden: it stays for as long as the page does.
    }
  }
}

async function sendPost(
  api: ComposeOptions['api'],
  { room, author, text, key, server }: OwnPost,
  signal: AbortSignal,
): Promise<Outcome> {
  // The address may lead elsewhere since a moment ago: then that server stores nothing.
  const headers = { 'idempotency-key': key, ...(server && { 'mcfed-server': server.id }) }
  const ask = { method: 'POST', body: { author, text }, headers, signal } as const
  try {
    return outcomeOf(await api.ask<unknown>(`/api/v1/rooms/${encodeURIComponent(room)}/posts`, ask))
  } catch (error) {
    return error instanceof ApiError ? outcomeOfError(error) : unreachable
  }
}
