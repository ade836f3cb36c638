// What was written here and is not stored: what waits and why, and what was refused and what to do. The rest stands in the feed.
import { h } from 'preact'
import { clockText } from '../rooms/feed-words.ts'
import { useStores } from '../stores.ts'
import type { OwnPost } from './own-post.ts'
import { adviceOn } from './post-outcome.ts'

export function OwnPosts({ room }: { room: string }) {
  const { compose } = useStores()
  const posts = compose.posts.value.filter(post => post.room === room)
  const unsent = posts.filter(({ sending }) => sending.state !== 'stored')
  return h(
    'div',
    { class: 'own-posts' },
    unsent.length > 0 &&
      h(
        'ul',
        { 'aria-label': 'Not stored yet' },
        unsent.map(post => h(OwnPostLine, { key: post.key, post })),
      ),
    h('p', { class: 'hidden-visually', role: 'status' }, spoken(posts.at(-1))),
  )
}

function OwnPostLine({ post }: { post: OwnPost }) {
  const { sending } = post
  return h(
    'li',
    { class: `own-post ${sending.state}` },
    h('p', { class: 'said' }, h(Clock, { at: post.writtenAt }), ' ', h('span', {}, post.text)),
    h(Waiting, { post }),
    h(Buttons, { post }),
  )
}

function Waiting({ post: { sending } }: { post: OwnPost }) {
  const { compose } = useStores()
  if (sending.state === 'stored') return null
  if (sending.state === 'refused') {
    return h('p', { class: 'trouble' }, h('b', {}, '✕ Not posted. '), adviceOn(sending.trouble))
  }
  const { trouble, tries } = sending
  if (trouble === null) return h('p', { class: 'help' }, '… Sending')
  const kept = compose.isKept.value ? ' It is kept in this browser meanwhile.' : ''
  return h(
    'p',
    { class: 'trouble' },
    h('b', {}, `… Not posted yet, after ${tries} ${tries === 1 ? 'try' : 'tries'}. `),
    adviceOn(trouble),
    kept,
  )
}

/** What may be done about a post depends on how far it has come. */
function Buttons({ post: { key, room, text, sending } }: { post: OwnPost }) {
  const { compose } = useStores()
  const button = (label: string, about: string, act: () => void) =>
    h(
      'button',
      { type: 'button', class: 'quiet small', onClick: act, 'aria-label': `${label}: ${about}`, title: about },
      label,
    )
  const short = text.slice(0, 40)
  if (sending.state === 'queued' && sending.trouble === null) return null
  const mayBeStored = sending.state === 'queued'
  const discard = () => {
    const question = mayBeStored
      ? 'Discard this post? It may have reached the server already.'
      : 'Discard this post? It was not stored.'
    if (confirm(question)) compose.outbox.discard(key)
  }
  // What may be stored already must not be written a second time.
  const edit = () => {
    compose.saveDraft(room, [text, compose.draftOf(room).value].filter(Boolean).join('\n'))
    compose.outbox.discard(key)
  }
  return h(
    'div',
    { class: 'acts' },
    button(mayBeStored ? 'Try now' : 'Send again', `“${short}”`, () => compose.outbox.retry(key)),
    !mayBeStored && button('Edit', `“${short}”`, edit),
    button('Discard', `“${short}”`, discard),
  )
}

function Clock({ at }: { at: number }) {
  const { rooms } = useStores()
  return h('time', { dateTime: new Date(at).toISOString() }, clockText(at, rooms.prefs.zone.value))
}

/** For who does not see it. */
function spoken(post: OwnPost | undefined): string {
  if (post === undefined) return ''
  const { sending } = post
  if (sending.state === 'stored') return 'Your post is stored.'
  if (sending.state === 'refused') return `Your post was refused. ${adviceOn(sending.trouble)}`
  return sending.trouble === null ? '' : `Your post waits. ${adviceOn(sending.trouble)}`
}
