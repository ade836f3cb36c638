// Below the bar of every view: what waits to be posted, in whichever room, and whether this browser keeps it.
import { h } from 'preact'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'

export function OutboxBanner() {
  const { compose, route } = useStores()
  const unsent = compose.posts.value.filter(
    ({ sending }) => sending.state !== 'stored' && !('trouble' in sending && sending.trouble === null),
  )
  const here = route.value.view === 'room' ? route.value.room : undefined
  const rooms = [...new Set(unsent.map(({ room }) => room))].filter(room => room !== here)
  const isShown = unsent.length > 0 && (rooms.length > 0 || !compose.isKept.value)
  const links = rooms.map(room => [' ', h('a', { href: hrefOf({ view: 'room', room }) }, room)])
  return h(
    'div',
    { class: 'outbox-banner', role: 'status' },
    isShown &&
      h(
        'p',
        {},
        `${unsent.length} ${unsent.length === 1 ? 'post is' : 'posts are'} not stored yet. `,
        rooms.length > 0 && h('span', {}, 'In: ', links, '. '),
        !compose.isKept.value && h('b', {}, 'This browser keeps nothing: leave this page open until they are stored.'),
      ),
  )
}

/** For who is signed out: what waits for him. */
export function WaitingNote() {
  const { compose } = useStores()
  const { unsent } = compose.outbox
  if (compose.posts.value.length === 0 || unsent === 0) return null
  const posts =
    unsent === 1 ? '1 post is kept in this browser, and is' : `${unsent} posts are kept in this browser, and are`
  return h('p', { class: 'help' }, `${posts} sent when an operator has signed in.`)
}
