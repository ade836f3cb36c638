// How much links may bring in so much time. What is over it waits: then the sender's window fills, and it stops. Nothing is lost.
import { NewestMap } from '../newest.ts'
import { Pace } from './pace.ts'

/** So many a second, in this process; 0: no limit. */
export interface LinkRates {
  postsPerSpoke: number
  postsPerRoom: number
  postsPerAddress: number
  framesPerSpoke: number
}

export type LimitName = 'spoke' | 'room' | 'address' | 'frames'
/** For how long something was kept waiting, and by which limit. */
export type SlowedMs = Record<LimitName, number>

export const noSlowedMs: Readonly<SlowedMs> = { spoke: 0, room: 0, address: 0, frames: 0 }
/** Of a server that nobody has set any: frames are far smaller than what they make us do. */
export const usualFramesPerSpoke = 2000

/** What a city kept while it had no internet, or a hub lost, comes at full speed up to so many seconds of the rate. */
const postsBurstSeconds = 40
const framesBurstSeconds = 10
/** The one that was not heard of for longest is forgotten, and has its burst again. */
const keysMax = 20_000

/** Of several links. */
export function slowedInAll(links: readonly Readonly<SlowedMs>[]): SlowedMs {
  const sum = (name: LimitName) => links.reduce((total, slowed) => total + slowed[name], 0)
  return { spoke: sum('spoke'), room: sum('room'), address: sum('address'), frames: sum('frames') }
}

/** In whole ms, by all limits. */
export function slowedInTotal({ spoke, room, address, frames }: Readonly<SlowedMs>): number {
  return Math.round(spoke + room + address + frames)
}

/** The limits as one link meets them. */
export interface LimitsOfLink {
  readonly slowedMs: Readonly<SlowedMs>
  /** Ms that so many posts have to wait before they are stored. */
  posts(room: string, count: number): number
  /**
   * The link has ended before so many had waited long enough. Others of the room and the address must not wait for them, or a spoke
   * that comes and goes would hold up all; it itself does.
   */
  giveBack(room: string, count: number): void
  /** Ms that nothing more should be read after one more frame. */
  frame(): number
}

/** Those on the posts of one room of a link. */
export interface RoomLimit {
  take: (posts: number) => number
  giveBack: (posts: number) => void
}

export function roomLimit(limits: LimitsOfLink, room: string): RoomLimit {
  return { take: posts => limits.posts(room, posts), giveBack: posts => limits.giveBack(room, posts) }
}

export class LinkLimits {
  readonly #posts: Record<'spoke' | 'room' | 'address', Paces>
  readonly #frames: Paces

  /** `now`: monotonic ms. */
  constructor(rates: LinkRates, now: () => number = () => performance.now()) {
    const posts = (perSecond: number) => new Paces({ perSecond, burstSeconds: postsBurstSeconds, now })
    this.#posts = {
      spoke: posts(rates.postsPerSpoke),
      room: posts(rates.postsPerRoom),
      address: posts(rates.postsPerAddress),
    }
    this.#frames = new Paces({ perSecond: rates.framesPerSpoke, burstSeconds: framesBurstSeconds, now })
  }

  /** `id` and `address` name the other end: who comes back goes on where it was. No address: that limit does not count. */
  of(id: string, address?: string): LimitsOfLink {
    const { room: rooms, address: addresses } = this.#posts
    const spoke = this.#posts.spoke.of(id)
    const ofAddress = address === undefined ? undefined : addresses.of(address)
    const frames = this.#frames.of(id)
    const slowedMs: SlowedMs = { ...noSlowedMs }
    return {
      slowedMs,
      posts: (room, count) => {
        const waits: [LimitName, number][] = [
          ['spoke', spoke?.take(count) ?? 0],
          ['room', rooms.of(room)?.take(count) ?? 0],
          ['address', ofAddress?.take(count) ?? 0],
        ]
        const [name, ms] = waits.reduce((longest, other) => (other[1] > longest[1] ? other : longest))
        slowedMs[name] += ms
        return ms
      },
      giveBack: (room, count) => {
        rooms.of(room)?.giveBack(count)
        ofAddress?.giveBack(count)
      },
      frame: () => {
        const ms = frames?.take() ?? 0
        // What those before it have to wait is counted already.
        slowedMs.frames += Math.min(ms, this.#frames.everyMs)
        return ms
      },
    }
  }
}

interface PacesOptions {
  perSecond: number
  burstSeconds: number
  now: () => number
}

/** One pace for each key. */
class Paces {
  readonly everyMs: number
  readonly #o: PacesOptions
  readonly #byKey = new NewestMap<string, Pace>(keysMax)

  constructor(options: PacesOptions) {
    this.#o = options
    this.everyMs = options.perSecond === 0 ? 0 : 1000 / options.perSecond
  }

  /** Undefined where there is no limit. */
  of(key: string): Pace | undefined {
    const { perSecond, burstSeconds, now } = this.#o
    if (perSecond === 0) return undefined
    const pace = this.#byKey.get(key) ?? new Pace({ burst: perSecond * burstSeconds, everyMs: this.everyMs, now })
    this.#byKey.set(key, pace)
    return pace
  }
}
