// Posts as a console gets them, for tests of what it makes of them.
import type { FeedPost, RoomFrame } from '#common/console/app/rooms/feed-post.ts'

/** 26 November 2026, 12:00 UTC. */
export const noon = Date.UTC(2026, 10, 26, 12)
export const cityA = 'A'.repeat(43)
export const cityB = 'B'.repeat(43)

/** The post with this offset, written a second after the one before. */
export function feedPost(offset: number, fields: Partial<FeedPost> = {}): FeedPost {
  const at = fields.at ?? noon + offset * 1000
  return {
    guid: `00000000-0000-8000-8000-${String(offset).padStart(12, '0')}`,
    ...{ room: 'frontrange', origin: cityA, author: { name: 'Ada' }, source: 'lora', text: `post ${offset}` },
    ...{ offset, at, receivedAt: at + 1000 },
    ...fields,
  }
}

export function feedPosts(from: number, to: number): FeedPost[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => feedPost(from + i))
}

export function postFrame(post: FeedPost, epoch: string): RoomFrame {
  return { t: 'post', epoch, ...post }
}
