// A post in a feed: who, where, how, when, how late, what; and what can be done with it.
import { h } from 'preact'
import { isPriority, priorityPrefix } from '#common/priority.ts'
import { PostDeliveries } from '../compose/delivery-list.ts'
import { hrefOf } from '../shell/router.ts'
import { useStores } from '../stores.ts'
import { CityName } from './city-name.ts'
import { CopyButton } from './copy-button.ts'
import { authorWord, postText, sourceWord } from './export-text.ts'
import type { FeedPost } from './feed-post.ts'
import type { FeedRow } from './feed-rows.ts'
import { delayOf, delaySentence, delayWords, stampText, timeWords, zoneText } from './feed-words.ts'
import { type Filter, markedPieces } from './search.ts'

export interface PostRowProps {
  row: Extract<FeedRow, { kind: 'post' }>
  isTarget: boolean
  filter: Filter
  /** Number of the newest post; -1: how many there are of the kind is not known. */
  head: number
}

export function PostRow({ row: { post, isFollowOn, isLost }, isTarget, filter, head }: PostRowProps) {
  const { text, author } = post
  const isUrgent = isPriority(post)
  const classes = ['post-body', isFollowOn && 'follow-on', isUrgent && 'urgent', isTarget && 'target', isLost && 'lost']
  const delay = delayOf(post)
  const isAside = isFollowOn && !isUrgent && delay.kind !== 'late' && delay.kind !== 'ahead'
  return h(
    'article',
    {
      ...{
        class: classes.filter(Boolean).join(' '),
        tabIndex: -1,
        'aria-label': `${authorWord(post)}, post ${post.offset}`,
      },
      ...{ 'aria-describedby': `text-${post.guid}`, 'aria-posinset': post.offset, 'aria-setsize': head },
    },
    h(PostTime, { post }),
    h(
      'div',
      { class: 'said' },
      h(
        'header',
        { class: isAside ? 'hidden-visually' : 'by' },
        isUrgent && h('strong', { class: 'urgent-mark' }, 'Priority'),
        h(
          'bdi',
          { class: 'author', title: author.key ?? 'no key' },
          h(Marked, { text: authorWord(post), wanted: filter.text }),
        ),
        h(CityName, { id: post.origin }),
        h('span', { class: 'source' }, sourceWord(post.source)),
        delay.kind !== 'prompt' &&
          h('span', { class: `delay ${delay.kind}`, title: delaySentence(delay) }, delayWords(delay)),
        isLost && h('span', { class: 'delay late' }, 'not in the log any more'),
      ),
      h(
        'p',
        { class: 'text', dir: 'auto', id: `text-${post.guid}` },
        h(Marked, { text: isUrgent ? text.slice(priorityPrefix.length) : text, wanted: filter.text }),
      ),
      h(PostDeliveries, { post, isTarget }),
    ),
    h(PostActions, { post }),
  )
}

function PostTime({ post }: { post: FeedPost }) {
  const { rooms } = useStores()
  const zone = rooms.prefs.zone.value
  const { at, receivedAt, room, guid, offset } = post
  const title = `Written ${stampText(at, zone)}, here ${stampText(receivedAt, zone)} ${zoneText(at, zone)}; number ${offset}. Link to this post`
  return h(
    'a',
    { class: 'at', href: hrefOf({ view: 'room', room, guid }), title },
    h('time', { datetime: new Date(at).toISOString() }, timeWords(at, receivedAt, zone)),
  )
}

function PostActions({ post }: { post: FeedPost }) {
  const { rooms, network } = useStores()
  const zone = rooms.prefs.zone.value
  const { room, guid } = post
  return h(
    'div',
    { class: 'post-actions' },
    h(CopyButton, { label: 'Copy', of: () => postText(post, { zone, cityOf: id => network.nameOf(id) }) }),
    h(CopyButton, { label: 'Copy link', of: () => new URL(hrefOf({ view: 'room', room, guid }), location.href).href }),
  )
}

/** A text in which what was looked for is marked. */
function Marked({ text, wanted }: { text: string; wanted: string }) {
  return markedPieces(text, wanted).map((piece, i) => (i % 2 === 1 ? h('mark', { key: i }, piece) : piece))
}
