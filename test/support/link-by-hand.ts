// One end of a link over logs in memory, and the other end in the hands of a test: every frame is sent and seen one by one.
import { newGuid } from '#common/guid.ts'
import { LOCAL, type PostLog, type Verdict } from '#common/post-log.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import type { Frame, FrameName, FrameOf } from '#common/protocol/frames.ts'
import type { Peer } from '#common/protocol/greet.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link } from '#common/protocol/link.ts'
import type { LinkObserver, LinkOptions } from '#common/protocol/link-options.ts'
import { Turns } from '#common/protocol/turns.ts'
import { MemoryLog } from './memory-log.ts'
import { memoryConnection } from './memory-transport.ts'

/** The server at the other end of a link under test. */
export const peerId = 'P'.repeat(43)
/** Epochs of logs that exist only in a test's frames. */
export const epochs = { peer: 'peer-epoch-00001', next: 'peer-epoch-00002' }

let lastAt = Date.now()

/** A post as it stands in a `posts` frame; its signature is of no use. */
export function wirePost({ room = 'main', origin = peerId, text = 'hello' } = {}) {
  lastAt += 1
  const guid = newGuid()
  return { guid, room, origin, at: lastAt, author: { name: 'Ann' }, source: 'client', text, sig: 'A'.repeat(86) }
}

/** Appends posts to a log, as written there or as come in from `from`. */
export async function fill(log: PostLog, count: number, { from = LOCAL, text = 'hello' } = {}): Promise<void> {
  const posts = Array.from({ length: count }, () => wirePost({ room: log.room, text }))
  await log.append({ from, posts: posts.map(post => ({ guid: post.guid, at: post.at, json: JSON.stringify(post) })) })
}

export function makePeer(changes: Partial<Peer> = {}): Peer {
  return {
    id: peerId,
    name: 'peer',
    role: 'edge',
    software: 'test',
    boot: 'boot',
    secret: 'current',
    rooms: [],
    clockOffMs: 0,
    latencyMs: 1,
    windowBytes: 256 * 1024,
    ...changes,
  }
}

/** Whom nothing that happens on a link concerns. */
export const unconcerned: LinkObserver = {
  verdicts: () => {},
  refused: () => {},
  refusedCard: () => {},
  refusedReport: () => {},
  gap: () => {},
  gapTold: () => {},
  caughtUp: () => {},
}

/** What a link has told. */
export class Recorder implements LinkObserver {
  readonly refusals: string[] = []
  readonly refusedCards: string[] = []
  readonly refusedReports: string[] = []
  readonly gaps: FrameOf<'gap'>[] = []
  stored = 0
  verdicts(verdicts: readonly Verdict[]): void {
    this.stored += verdicts.filter(verdict => verdict === 'stored').length
  }
  refused(_link: Link, reason: string): void {
    this.refusals.push(reason)
  }
  refusedCard(_link: Link, reason: string): void {
    this.refusedCards.push(reason)
  }
  refusedReport(_link: Link, reason: string): void {
    this.refusedReports.push(reason)
  }
  gap(_link: Link, gap: FrameOf<'gap'>): void {
    this.gaps.push(gap)
  }
  gapTold(): void {}
  caughtUp(): void {}
}

export interface HandOptions
  extends Partial<
    Pick<LinkOptions, 'timings' | 'verify' | 'windowBytes' | 'cards' | 'standby' | 'limits' | 'onReport'>
  > {
  logs?: readonly PostLog[]
  peer?: Partial<Peer>
  peerReads?: boolean
  peerWrites?: boolean
}

export class LinkByHand {
  readonly link: Link
  readonly observer = new Recorder()
  /** Everything the link has sent. */
  readonly frames: Frame[] = []
  /** How the connection ended. */
  closed: { code: number; reason: string } | undefined
  readonly #connection = memoryConnection()

  constructor({
    logs = [new MemoryLog('main')],
    peer,
    peerReads = true,
    peerWrites = true,
    ...more
  }: HandOptions = {}) {
    const { dialler, acceptor } = this.#connection
    this.link = new Link({
      transport: acceptor,
      peer: makePeer(peer),
      rooms: logs.map(log => ({ log, peerReads, peerWrites })),
      turns: new Turns(4),
      timings: timingsFor(20_000),
      observer: this.observer,
      verify: () => Promise.resolve(true),
      ...more,
    })
    acceptor.listen(this.link)
    dialler.listen({
      onFrame: text => {
        const frame = decodeFrame(text)
        if (frame !== undefined) this.frames.push(frame)
      },
      onClose: (code, reason) => {
        this.closed = { code, reason }
      },
    })
  }

  /** The other end sends a frame, or what is to look like one. */
  send(frame: Frame | string): void {
    this.#connection.dialler.send(typeof frame === 'string' ? frame : encodeFrame(frame))
    while (this.#connection.deliver('acceptor')) {
      // One after another.
    }
  }

  /** Lets the link go on as far as it can by itself, and takes in what it sends. */
  async settle(): Promise<void> {
    for (let i = 0; i < 8; i++) {
      await new Promise(resolve => setImmediate(resolve))
      while (this.#connection.deliver('dialler')) {
        // One after another.
      }
    }
  }

  /** The frames of that name sent so far. */
  named<T extends FrameName>(name: T): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> => frame.t === name)
  }

  cut(): void {
    this.#connection.cut()
  }
}
