// What clients read of rooms: the answers of GET /api/v1/rooms and below it, and the frames of the live WebSocket. Types only.
import type { OffsetRange } from './cursor.ts'
import type { Post } from './post.ts'
import type { LogHead } from './post-log.ts'

/** `name`: where an edge calls it otherwise. */
export type RoomHead = LogHead & { room: string; name?: string }

export type ApiPost = Omit<Post, 'sig'> & {
  offset: number
  /** Unix ms at the server that answers. */
  receivedAt: number
}

/** GET /api/v1/rooms/:room/posts; the last two in the answer to a search. */
export interface PostPage {
  posts: ApiPost[]
  epoch: string
  head: number
  /** Up to where it was looked, and whether there is more behind. */
  scannedTo?: number
  more?: boolean
}

/** GET /api/v1/rooms/:room/posts/:guid. */
export type PostPlace = LogHead & { post: ApiPost }

interface InRoom {
  room: string
  epoch: string
}

/**
 * `gap`: offsets trimmed before they were read. `reset`: the reader's cursor says nothing in this epoch, or posts behind it were lost:
 * offsets read so far are void, posts go on behind `after`, and some may come again (same GUID).
 */
export type LogFrame =
  | ({ t: 'post'; epoch: string } & ApiPost)
  | ({ t: 'gap' } & InRoom & OffsetRange)
  | ({ t: 'reset'; after: number; head: number } & InRoom)

/** `head`: how far a room was when the client came. */
export type LiveFrame = LogFrame | ({ t: 'head'; head: number } & InRoom) | { t: 'beat' }
