// What stays in a browser when somebody signs out: how the page is shown, what was seen, and what has yet to be stored. Nobody who
// comes after him reads what was said and written here.
import { type KeptItems, keyOfName, readPost } from '../compose/kept-posts.ts'

/** Set at every sign-out: other tabs are told by it. */
export const leftKey = 'mcfed.left'
const ours = 'mcfed.'
const staying = new Set(['server', 'theme', 'zone', 'sound', 'notes', 'acks', 'seen'].map(name => ours + name))

/** Where nothing may be kept nothing is to be forgotten. */
export function forgetReadings(items: KeptItems, now: number): void {
  try {
    const names = Array.from({ length: items.length }, (_, i) => items.key(i) ?? '')
    for (const name of names) if (name.startsWith(ours) && !stays(items, name)) items.removeItem(name)
    items.setItem(leftKey, String(now))
  } catch {
    // Forbidden, or full to the last byte: other tabs find out by themselves.
  }
}

function stays(items: KeptItems, name: string): boolean {
  if (staying.has(name)) return true
  const post = keyOfName(name) === undefined ? undefined : readPost(items.getItem(name))
  return post !== undefined && post.sending.state !== 'stored'
}

/** What somebody is asked who signs out while posts wait; undefined: nothing. */
export function leavingQuestion(unsent: number, isKept: boolean): string | undefined {
  if (unsent === 0) return undefined
  const posts = unsent === 1 ? '1 post is' : `${unsent} posts are`
  const fate = isKept
    ? 'What waits stays in this browser, where others could read it, and is sent when an operator signs in.'
    : 'What waits is lost when this page is closed: this browser keeps nothing.'
  return `${posts} not stored yet. ${fate} Sign out?`
}
