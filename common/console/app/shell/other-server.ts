// One address may lead to another server than before: by a tunnel to another city, or where addresses are given out anew. What was seen
// and acknowledged at the one says nothing at the other, and what waits to be posted was not written for it.
import type { Session } from '#common/network.ts'
import { type KeptItems, loadPosts, savePost } from '../compose/kept-posts.ts'
import { keepText, keptText } from './kept.ts'

type Server = Pick<Session['server'], 'id' | 'name'>

const serverKey = 'mcfed.server'
const ofServer = ['acks', 'seen', 'notices', 'rung'].map(name => `mcfed.${name}`)

/** True when another server was met here before: then all that the page has read from `items` is to be read anew. */
export function isAnotherServer(items: KeptItems, { id, name }: Server): boolean {
  const before = readServer(keptText(items, serverKey))
  keepText(items, serverKey, JSON.stringify({ id, name }))
  // Who could not be kept would be another one each time.
  if (before === undefined || before.id === id || readServer(keptText(items, serverKey))?.id !== id) return false
  for (const kept of ofServer) items.removeItem(kept)
  const message = `It was written at "${before.name}", and this is "${name}". Send it again if it is meant for here.`
  for (const post of loadPosts(items))
    if (post.sending.state === 'queued')
      savePost(items, { ...post, sending: { state: 'refused', trouble: { code: 'other_server', message } } })
  return true
}

function readServer(text: string | null): Server | undefined {
  try {
    const { id, name } = JSON.parse(text ?? '{}') ?? {}
    return typeof id === 'string' && typeof name === 'string' ? { id, name } : undefined
  } catch {
    return undefined
  }
}
