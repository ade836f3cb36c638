// One room of a link: what goes out of our log, what comes in, and both kept up with the log's changes.
import type { Post } from '../post.ts'
import type { LogChange, PostLog, Verdict } from '../post-log.ts'
import type { Frame, FrameOf } from './frames.ts'
import { HeldByPeer } from './held-by-peer.ts'
import { Inbox } from './inbox.ts'
import { type LimitsOfLink, roomLimit } from './link-limits.ts'
import { Outbox } from './outbox.ts'
import type { ReceiveWindow } from './receive-window.ts'
import type { SendWindow } from './send-window.ts'
import type { Turns } from './turns.ts'

/** A room on a link: may the other end read our log, may it write into it. */
export interface LinkRoom {
  log: PostLog
  peerReads: boolean
  peerWrites: boolean
}

/** What all rooms of one link have in common. */
export interface LinkOfRooms {
  peerId: string
  /** The other end is a hub. */
  toHub: boolean
  sendWindow: SendWindow
  receiveWindow: ReceiveWindow
  turns: Turns
  /** One question about an offer at a time. */
  questions: Turns
  wantsOffers: () => boolean
  send: (frame: Frame) => void
  /** A `posts` frame as it goes over the wire. */
  sendPosts: (text: Buffer) => void
  /** Posts of so many bytes are stored: the ack may wait for others. */
  stored: (ack: FrameOf<'ack'>, bytes: number) => void
  verify: (post: Post) => Promise<boolean>
  limits: LimitsOfLink | undefined
  onVerdicts: (verdicts: readonly Verdict[]) => void
  onRefused: (reason: string) => void
  onCaughtUp: (posts: number, ms: number) => void
  /** The link must end. */
  fail: (error: unknown) => void
}

export interface RoomProgress {
  room: string
  /**
   * Entries of our log that the other end has yet to acknowledge. While the link stands by they are no queue: the hub brings
   * most of them, and what the other end lacks when the link ships again is found out by GUID.
   */
  toSend: number
  sent: number
  received: number
  caughtUp: boolean
  /** Which ways are granted: may we write there, do we read from there. */
  sends: boolean
  receives: boolean
}

export class RoomOnLink {
  readonly room: string
  /** Undefined where the other end may not read. */
  readonly outbox: Outbox | undefined
  /** Undefined where the other end may not write. */
  readonly inbox: Inbox | undefined
  readonly #unsubscribe: () => void

  constructor({ log, peerReads, peerWrites }: LinkRoom, link: LinkOfRooms) {
    this.room = log.room
    const heldByPeer = new HeldByPeer(link.peerId)
    const hasAllOfPeer = () => this.inbox?.caughtUp ?? true
    this.outbox = peerReads
      ? new Outbox({ ...link, log, heldByPeer, window: link.sendWindow, hasAllOfPeer })
      : undefined
    this.inbox = peerWrites
      ? new Inbox({
          ...link,
          log,
          heldByPeer,
          window: link.receiveWindow,
          limit: link.limits && roomLimit(link.limits, log.room),
          stored: ({ epoch, offset }, bytes) => link.stored({ t: 'ack', room: log.room, epoch, offset }, bytes),
        })
      : undefined
    this.#unsubscribe = log.subscribe(change => this.#onLogChange(change))
  }

  progress(): RoomProgress {
    const { room, outbox, inbox } = this
    return {
      room,
      toSend: outbox?.toSend ?? 0,
      sent: outbox?.sent ?? 0,
      received: inbox?.received ?? 0,
      caughtUp: inbox?.caughtUp ?? true,
      sends: outbox !== undefined,
      receives: inbox !== undefined,
    }
  }

  standBy(on: boolean): void {
    this.inbox?.standBy(on)
    this.outbox?.standBy(on)
  }

  stop(): void {
    this.#unsubscribe()
    this.outbox?.stop()
    this.inbox?.stop()
  }

  #onLogChange(change: LogChange): void {
    if (change === 'posts') return this.outbox?.pump()
    this.outbox?.epochChanged()
    this.inbox?.epochChanged()
  }
}
