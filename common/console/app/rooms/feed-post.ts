// What the console reads of a room, by the names that feeds have for it.
import type { ApiPost, LiveFrame } from '#common/room-shapes.ts'

export type FeedPost = ApiPost

export type RoomFrame = Exclude<LiveFrame, { t: 'beat' }>
