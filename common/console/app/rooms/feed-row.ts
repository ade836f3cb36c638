// One row of a feed: a post, or what stands between posts.
import { h } from 'preact'
import { useStores } from '../stores.ts'
import { missingWords } from './export-text.ts'
import type { FeedRow } from './feed-rows.ts'
import { dayWords } from './feed-words.ts'
import { PostRow, type PostRowProps } from './post-row.ts'

export type FeedRowProps = Omit<PostRowProps, 'row'> & { row: FeedRow }

export function FeedRowView({ row, ...rest }: FeedRowProps) {
  const { rooms, network } = useStores()
  switch (row.kind) {
    case 'post':
      return h(PostRow, { row, ...rest })
    case 'day':
      return h('h2', { class: 'day-name' }, dayWords(row.at, network.now(), rooms.prefs.zone.value))
    case 'unread':
      return h('p', { class: 'line-name' }, 'New since you last looked')
    case 'start':
      return h('p', { class: 'start-words' }, startWords(row.trimmed))
    default:
      return h('p', { class: 'note' }, `${missingWords(row)}.`)
  }
}

function startWords(trimmed: number | null): string {
  if (trimmed === null) return 'No older post matches.'
  if (trimmed === 0) return 'Here the room begins.'
  const posts = trimmed === 1 ? '1 older post is' : `${trimmed.toLocaleString('en')} older posts are`
  return `${posts} not kept any more.`
}
