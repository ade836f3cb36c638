// Own posts in the browser's storage, each under a key of its own, so that tabs do not write over each other's.
import { isTime } from '../shell/kept.ts'
import type { OwnPost, Sending, ServerName, Trouble } from './own-post.ts'

/** Of a Storage that is used; given as an argument. */
export type KeptItems = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>

const prefix = 'mcfed.post.'

/** Name in the storage of a post's key. */
export function keptName(key: string): string {
  return prefix + key
}

/** The key in that name; undefined: something else is kept there. */
export function keyOfName(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined
}

/** All that can be read, the oldest first. Empty where nothing may be kept. */
export function loadPosts(items: KeptItems | undefined): OwnPost[] {
  const posts: OwnPost[] = []
  try {
    for (let i = 0; items !== undefined && i < items.length; i += 1) {
      const name = items.key(i)
      const post = name?.startsWith(prefix) ? readPost(items.getItem(name)) : undefined
      if (post !== undefined && name === keptName(post.key)) posts.push(post)
    }
  } catch {
    // A storage that is forbidden says so at every touch; saving tells the user.
  }
  return posts.sort((a, b) => a.writtenAt - b.writtenAt || (a.key < b.key ? -1 : 1))
}

/** False: it is not kept, because the storage is full, forbidden or not there. */
export function savePost(items: KeptItems | undefined, post: OwnPost): boolean {
  try {
    items?.setItem(keptName(post.key), JSON.stringify(post))
    return items !== undefined
  } catch {
    return false
  }
}

/** As it stands in the storage now, perhaps written by another tab. */
export function keptPost(items: KeptItems | undefined, key: string): OwnPost | undefined {
  try {
    return readPost(items?.getItem(keptName(key)) ?? null)
  } catch {
    return undefined
  }
}

export function dropPost(items: KeptItems | undefined, key: string): void {
  try {
    items?.removeItem(keptName(key))
  } catch {
    // Forbidden: then it was not kept either.
  }
}

/** Undefined for what is no post; other versions of this page may have written there, too. */
export function readPost(json: string | null): OwnPost | undefined {
  if (json === null) return undefined
  try {
    const { key, room, author, text, writtenAt, sending, ...rest } = JSON.parse(json)
    const sendingKnown = readSending(sending)
    const server = readServer(rest.server)
    const isPost = [key, room, author, text].every(isText) && isTime(writtenAt) && sendingKnown !== undefined
    return isPost ? { key, room, author, text, ...(server && { server }), writtenAt, sending: sendingKnown } : undefined
  } catch {
    return undefined
  }
}

/** Undefined for what is none. */
export function readServer(from: unknown): ServerName | undefined {
  if (typeof from !== 'object' || from === null || !('id' in from) || !('name' in from)) return undefined
  const { id, name } = from
  return isText(id) && isText(name) ? { id, name } : undefined
}

type Unread = Partial<Record<'state' | 'tries' | 'nextTryAt' | 'trouble' | 'guid' | 'offset' | 'storedAt', unknown>>

function readSending(from: Unread): Sending | undefined {
  const { state, tries, nextTryAt, guid, offset, storedAt } = from
  const trouble = readTrouble(from.trouble)
  if (state === 'queued' && isNumber(tries) && isTime(nextTryAt)) return { state, tries, nextTryAt, trouble }
  if (state === 'stored' && isText(guid) && isNumber(offset) && isTime(storedAt))
    return { state, guid, offset, storedAt }
  return state === 'refused' && trouble !== null ? { state, trouble } : undefined
}

function readTrouble(from: unknown): Trouble | null {
  if (typeof from !== 'object' || from === null || !('code' in from) || !('message' in from)) return null
  const { code, message } = from
  return isText(code) && isText(message) ? { code, message } : null
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
