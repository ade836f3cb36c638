// What the console gets of a room: posts, pages of posts, and the frames of the live socket (log-follower.ts, live-route.ts).
import type { OffsetRange } from '#common/cursor.ts'
import type { UnsignedPost } from '#common/post.ts'

/** A post as the API gives it (api-post.ts). */
export type FeedPost = UnsignedPost & {
  offset: number
  /** Unix ms at the server that answers. */
  receivedAt: number
}

/** Of GET /api/v1/rooms/:room/posts; the last two in the answer to a search. */
export interface PostPage {
  posts: FeedPost[]
  epoch: string
  head: number
  scannedTo?: number
  more?: boolean
}

export type RoomFrame =
  | ({ t: 'post'; epoch: string } & FeedPost)
  | ({ t: 'gap'; room: string; epoch: string } & OffsetRange)
  | { t: 'reset'; room: string; epoch: string; after: number; head: number }
  | { t: 'head'; room: string; epoch: string; head: number }
