// A post as the API gives it.
import type { Post } from '#common/post.ts'

export type ApiPost = Omit<Post, 'sig'> & {
  offset: number
  /** Unix ms at this server. */
  receivedAt: number
}
