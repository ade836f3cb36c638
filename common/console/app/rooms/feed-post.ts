// What the console reads of a room: posts and pages of posts. What comes live is in server/live-socket.ts.
import type { LiveFrame } from '../server/live-socket.ts'
import type { ApiPost } from './api-post.ts'

export type FeedPost = ApiPost

/** Of GET /api/v1/rooms/:room/posts; the last two in the answer to a search. */
export interface PostPage {
  posts: FeedPost[]
  epoch: string
  head: number
  scannedTo?: number
  more?: boolean
}

export type RoomFrame = Exclude<LiveFrame, { t: 'beat' }>
