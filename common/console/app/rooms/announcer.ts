// Says new posts of a room to who does not see them: one after a quiet time by its text, those of a busy room by their number, now and then.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useStores } from '../stores.ts'

const gatherMs = 2000
/** Whoever listens to the page has other things to hear, too. */
const everyMs = 20_000

/** `count` posts have come since something was said; `post` is the newest of them. */
export function newsWords(count: number, by: string, text: string): string {
  return count === 1 ? `${by}: ${text}` : `${count} new posts, the last by ${by}`
}

/** How long the next words wait: posts that come together are said together. `saidAt`: when something was said last; Unix ms, 0: never. */
export function sayInMs(saidAt: number, now: number): number {
  return Math.max(gatherMs, saidAt + everyMs - now)
}

export function Announcer({ room }: { room: string }) {
  const { rooms, network } = useStores()
  const said = useSignal('')
  const headNow = () => rooms.heads.value.find(known => known.room === room)?.head
  const head = headNow()
  const last = useRef({ head, at: 0, timer: undefined as ReturnType<typeof setTimeout> | undefined }).current
  const say = () => {
    const count = (headNow() ?? 0) - (last.head ?? 0)
    Object.assign(last, { head: headNow(), at: Date.now(), timer: undefined })
    const post = rooms.newest.value.get(room)
    if (count > 0 && post !== undefined)
      said.value = newsWords(count, `${post.author.name}, ${network.nameOf(post.origin)}`, post.text)
  }
  useEffect(() => {
    last.head ??= head
    if (head === last.head) return
    last.timer ??= setTimeout(say, sayInMs(last.at, Date.now()))
  }, [head])
  useEffect(() => () => clearTimeout(last.timer), [])
  return h('p', { class: 'hidden-visually', role: 'log', 'aria-label': 'New posts' }, said.value)
}
