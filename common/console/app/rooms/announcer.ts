// Says new posts of a room to who does not see them: a few by their text, many by their number.
import { useSignal } from '@preact/signals'
import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useStores } from '../stores.ts'

const everyMs = 3000

export function Announcer({ room }: { room: string }) {
  const { rooms, network } = useStores()
  const said = useSignal('')
  const head = rooms.heads.value.find(known => known.room === room)?.head
  const saidTo = useRef(head)
  useEffect(() => {
    if (head === undefined || head === saidTo.current) return
    const timer = setTimeout(() => {
      const count = head - (saidTo.current ?? head)
      saidTo.current = head
      const post = rooms.newest.value.get(room)
      if (count === 1 && post !== undefined)
        said.value = `${post.author.name}, ${network.nameOf(post.origin)}: ${post.text}`
      else if (count > 0) said.value = `${count} new posts`
    }, everyMs)
    return () => clearTimeout(timer)
  }, [head])
  return h('p', { class: 'hidden-visually', role: 'log', 'aria-label': 'New posts' }, said.value)
}
