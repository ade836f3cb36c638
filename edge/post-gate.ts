// In front of every post that is written here, by radio, app, lines or HTTP: blocked authors, and who posts too much.
import { RateLimitError, RequestError } from '#common/errors.ts'
import type { Author } from '#common/post.ts'
import type { PostGate } from '#common/post-writer.ts'
import { AuthorLimits } from './author-limits.ts'
import { folded } from './blocklist.ts'
import type { RoomSettings } from './room-settings.ts'

const prefixDigits = 8

/** `ticks`: monotonic ms. */
export function postGate(rooms: ReadonlyMap<string, RoomSettings>, ticks: () => number): PostGate {
  const limits = new AuthorLimits(ticks)
  return {
    refusal: (room, { author, wasAccepted = false }) => {
      const settings = rooms.get(room)
      if (settings?.isBlocked(author)) return new RequestError(403, 'blocked', `${author.name} is blocked in this room`)
      const perMinute = wasAccepted ? 0 : (settings?.authorPostsPerMinute ?? 0)
      const waitMs = perMinute === 0 ? 0 : limits.take(bucketOf(room, author), perMinute)
      return waitMs === 0 ? undefined : tooMany(author, perMinute, waitMs)
    },
    takeBack: (room, { author, wasAccepted = false }) => {
      const perMinute = wasAccepted ? 0 : (rooms.get(room)?.authorPostsPerMinute ?? 0)
      if (perMinute > 0) limits.giveBack(bucketOf(room, author), perMinute)
    },
  }
}

function tooMany({ name }: Author, perMinute: number, waitMs: number): RateLimitError {
  const seconds = Math.ceil(waitMs / 1000)
  const message = `more than ${perMinute} posts of ${name} in a minute; try again in ${seconds} s`
  return new RateLimitError('too_many_posts', message, waitMs)
}

/** A key may be known whole here and in its beginning there. */
function bucketOf(room: string, { name, key }: Author): string {
  return `${room} ${key === undefined ? `name:${folded(name)}` : key.slice(0, prefixDigits)}`
}
