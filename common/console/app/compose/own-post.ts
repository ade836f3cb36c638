// A post that was written in this browser, on its way into the server's log: what may happen to it, and when it is tried again.

import type { Session } from '#common/network.ts'

export type ServerName = Pick<Session['server'], 'id' | 'name'>

export interface Draft {
  room: string
  author: string
  text: string
}

export interface OwnPost extends Draft {
  /** Idempotency key: however often it is sent, and from however many tabs, the server stores one post. */
  key: string
  /** The server that it is for; absent where the browser had not heard of one. */
  server?: ServerName
  /** Unix ms. */
  writtenAt: number
  sending: Sending
}

export type Sending =
  /** `trouble`: why the last try did not get it stored. `nextTryAt` in Unix ms. */
  | { state: 'queued'; tries: number; nextTryAt: number; trouble: Trouble | null }
  | { state: 'stored'; guid: string; offset: number; storedAt: number }
  | { state: 'refused'; trouble: Trouble }

/** `code` as in the API's errors. */
export interface Trouble {
  code: string
  message: string
}

/** What became of one try. `later`: not known to be stored, and the same try may go well in a while; `retryAfterMs` 0: it was not said when. */
export type Outcome =
  | { kind: 'stored'; guid: string; offset: number }
  | { kind: 'refused'; trouble: Trouble }
  | { kind: 'later'; trouble: Trouble; retryAfterMs: number }

/** Clock in Unix ms, and a number of 0 up to 1, at random. */
export interface Now {
  at: number
  chance: number
}

const firstRetryMs = 1000
/** No server need be waited for longer without asking again. */
export const retryMsMax = 30_000
const retryAfterMsMax = 300_000

export function queuedPost(draft: Draft, key: string, { at }: Now): OwnPost {
  return { ...draft, key, writtenAt: at, sending: { state: 'queued', tries: 0, nextTryAt: at, trouble: null } }
}

/** What a try has changed. A post that another tab has got stored meanwhile stays so. */
export function afterTry(post: OwnPost, outcome: Outcome, { at, chance }: Now): OwnPost {
  if (post.sending.state !== 'queued') return post
  if (outcome.kind === 'stored') {
    const { guid, offset } = outcome
    return { ...post, sending: { state: 'stored', guid, offset, storedAt: at } }
  }
  const { trouble } = outcome
  if (outcome.kind === 'refused') return { ...post, sending: { state: 'refused', trouble } }
  const tries = post.sending.tries + 1
  const asked = Math.min(retryAfterMsMax, outcome.retryAfterMs)
  const nextTryAt = at + Math.max(asked, retryMs(tries, chance))
  return { ...post, sending: { state: 'queued', tries, nextTryAt, trouble } }
}

/** Its next try is due at once: the server was heard of, or somebody asks for it. What is stored stays stored. */
export function triedAnew(post: OwnPost, { at }: Now): OwnPost {
  if (post.sending.state === 'stored') return post
  const tries = post.sending.state === 'queued' ? post.sending.tries : 0
  const { trouble } = post.sending
  return { ...post, sending: { state: 'queued', tries, nextTryAt: at, trouble } }
}

/** Unix ms of the next try; undefined: there is none. A clock that was set back must not hold it up. */
export function dueAt({ sending }: OwnPost, now: number): number | undefined {
  if (sending.state !== 'queued') return undefined
  return sending.nextTryAt > now + retryAfterMsMax ? now : sending.nextTryAt
}

/** The oldest queued post of each room: what was written first is stored first, and no room waits for another. */
export function firstOfEachRoom(posts: readonly OwnPost[]): OwnPost[] {
  const byRoom = new Map<string, OwnPost>()
  for (const post of posts) {
    if (post.sending.state === 'queued' && !byRoom.has(post.room)) byRoom.set(post.room, post)
  }
  return [...byRoom.values()]
}

/** Doubled at every try, up to a limit; half of it at random, so that many consoles do not come back together. */
function retryMs(tries: number, chance: number): number {
  const most = Math.min(retryMsMax, firstRetryMs * 2 ** Math.min(tries - 1, 10))
  return most * (0.5 + chance / 2)
}
