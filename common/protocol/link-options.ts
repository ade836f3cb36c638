// What a link is made of, and who is told what happens on it.
import type { Post } from '../post.ts'
import type { Verdict } from '../post-log.ts'
import type { SpokeReport } from '../spoke-report.ts'
import type { Transport } from '../transport/transport.ts'
import type { LinkCards } from './card-exchange.ts'
import type { FrameOf } from './frames.ts'
import type { Peer } from './greet.ts'
import type { LinkTimings } from './heartbeat.ts'
import type { Link } from './link.ts'
import type { LimitsOfLink } from './link-limits.ts'
import type { LinkRoom } from './room-on-link.ts'
import type { Turns } from './turns.ts'

/** Is told what happens on links: counts it, logs it. */
export interface LinkObserver {
  verdicts(verdicts: readonly Verdict[]): void
  refused(link: Link, reason: string): void
  refusedCard(link: Link, reason: string): void
  refusedReport(link: Link, reason: string): void
  gap(link: Link, gap: FrameOf<'gap'>): void
  /** The other end was told that we no longer keep what it lacks. */
  gapTold(link: Link, gap: FrameOf<'gap'>): void
  caughtUp(link: Link, posts: number, ms: number): void
}

export interface LinkOptions {
  transport: Transport
  peer: Peer
  rooms: readonly LinkRoom[]
  turns: Turns
  observer: LinkObserver
  timings: LinkTimings
  /** Our server card, beside those we know; without it cards are neither sent nor read. */
  cards?: LinkCards
  /** What our hello said; default 256 KiB. */
  windowBytes?: number
  /** How long an ack may wait for others to join it; default 0. Authors wait for a hub's acks, nobody for those of a reader. */
  ackDelayMs?: number
  /** A hub serves us now: this link need not ship for our sake. Default false. */
  standby?: boolean
  /** Asked before each resume: may we have much of it from elsewhere, so that the other end is to offer posts before it ships them? Default no. */
  wantsOffers?: () => boolean
  /** How much the other end may bring in so much time; default: as much as it can. */
  limits?: LimitsOfLink
  /** What the other end tells of itself, checked; without it its reports are not read. `peerId` as proved. */
  onReport?: (peerId: string, report: SpokeReport) => void
  /** Was the post signed by its origin? Asked of relayed posts. */
  verify?: (post: Post) => Promise<boolean>
}
