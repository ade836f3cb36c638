// One address may lead to another server than before: by a tunnel to another city, or where addresses are given out anew. What was seen
// and acknowledged at the one says nothing at the other. Posts that wait know themselves for which they are.
import { type KeptItems, readServer } from '../compose/kept-posts.ts'
import type { ServerName } from '../compose/own-post.ts'
import { keepText, keptText } from './kept.ts'

const serverKey = 'mcfed.server'
const ofServer = ['acks', 'seen', 'notices', 'rung'].map(name => `mcfed.${name}`)

/** True when another server was met here before: then all that the page has read from `items` is to be read anew. */
export function isAnotherServer(items: KeptItems, { id, name }: ServerName): boolean {
  const before = keptServer(items)
  keepText(items, serverKey, JSON.stringify({ id, name }))
  // Who could not be kept would be another one each time.
  if (before === undefined || before.id === id || keptServer(items)?.id !== id) return false
  for (const kept of ofServer) items.removeItem(kept)
  return true
}

function keptServer(items: KeptItems): ServerName | undefined {
  try {
    return readServer(JSON.parse(keptText(items, serverKey) ?? 'null'))
  } catch {
    return undefined
  }
}
