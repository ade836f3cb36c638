// One proved connection between two servers: hands each frame to the room it is about, and ends cleanly.
import { LinkError } from '../errors.ts'
import { verifyPost } from '../post.ts'
import type { SpokeReport } from '../spoke-report.ts'
import type { Transport, TransportEvents } from '../transport/transport.ts'
import { AckPace } from './ack-pace.ts'
import { CardExchange } from './card-exchange.ts'
import { closeCodes, closePolicy, type LinkEnd, linkEnd } from './close-codes.ts'
import { decodeFrame, encodeFrame } from './codec.ts'
import { type Frame, type FrameOf, windowBytes } from './frames.ts'
import type { Peer } from './greet.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Latencies } from './latencies.ts'
import { noSlowedMs, type SlowedMs } from './link-limits.ts'
import type { LinkOptions } from './link-options.ts'
import { LinkRooms } from './link-rooms.ts'
import { LinkStandby } from './link-standby.ts'
import { ReceiveWindow } from './receive-window.ts'
import { ReportReader } from './report-reader.ts'
import type { LinkOfRooms, LinkRoom, RoomProgress } from './room-on-link.ts'
import { SendWindow } from './send-window.ts'
import { Turns } from './turns.ts'

export type { LinkRoom }

/** Of the window: stored and not acknowledged, it is acknowledged at once, so that the sender never stops for it. */
const ackedShare = 1 / 4
const pauseMinMs = 20

export class Link implements TransportEvents {
  readonly peer: Peer
  readonly transport: Transport
  /** Unix ms. */
  readonly since = Date.now()
  readonly ended: Promise<LinkEnd>
  readonly #o: LinkOptions
  readonly #rooms: LinkRooms
  readonly #window: SendWindow
  readonly #receiveWindow: ReceiveWindow
  readonly #heartbeat: Heartbeat
  readonly #acks: AckPace
  readonly #cards: CardExchange | undefined
  readonly #standby: LinkStandby
  readonly #reports: ReportReader | undefined
  #resolveEnded: (end: LinkEnd) => void = () => {}
  #end: LinkEnd | undefined
  #over = false

  constructor(options: LinkOptions) {
    const { transport, peer, timings } = options
    this.#o = options
    this.peer = peer
    this.transport = transport
    this.#window = new SendWindow(Math.min(windowBytes, peer.windowBytes))
    const ownWindow = options.windowBytes ?? windowBytes
    this.#receiveWindow = new ReceiveWindow(ownWindow)
    this.#acks = new AckPace({
      delayMs: options.ackDelayMs ?? 0,
      bytesMax: ownWindow * ackedShare,
      send: ack => this.#send(ack),
    })
    this.ended = new Promise(resolve => {
      this.#resolveEnded = resolve
    })
    this.#heartbeat = new Heartbeat({
      ...timings,
      firstMs: peer.latencyMs,
      ping: n => this.#ping(n),
      dead: () => this.close(closeCodes.dead, `nothing heard for ${timings.deadMs / 1000} s`),
    })
    this.#rooms = new LinkRooms(options.rooms, this.#forRooms(options))
    this.#standby = new LinkStandby({
      role: peer.role,
      ours: options.standby ?? false,
      tell: on => this.#send({ t: 'standby', on }),
      changed: on => this.#rooms.standBy(on),
    })
    this.#cards =
      options.cards &&
      new CardExchange({
        ...options.cards,
        peerId: peer.id,
        rooms: options.rooms,
        send: frame => this.#send(frame),
        refused: reason => options.observer.refusedCard(this, reason),
      })
    const { onReport } = options
    this.#reports =
      onReport &&
      new ReportReader({
        rooms: options.rooms.map(({ log }) => log.room),
        heard: report => onReport(peer.id, report),
        refused: reason => options.observer.refusedReport(this, reason),
      })
  }

  /** Says who we are and where we stand in every room. Call once the transport hands its frames to this link. */
  start(): void {
    this.#cards?.start()
    this.#standby.start()
    this.#rooms.start()
  }

  /** What we call the other end, whatever it calls itself. */
  rename(name: string): void {
    this.peer.name = name
  }

  get latencies(): Latencies {
    return this.#heartbeat.latencies
  }

  /** It has said goodbye, or its transport is gone: nothing goes over it any more, though its end may be some seconds off. */
  get isOver(): boolean {
    return this.#over
  }

  /** The link carries no posts for now: both ends said that a hub serves them. Never true of a link to a hub. */
  get standsBy(): boolean {
    return this.#standby.on
  }

  /**
   * Tells the other end whether we need this link. It ships unless both ends say `on`; links to a hub always do.
   * Standing by only keeps an end from sending: whatever the other end sent before it knew is taken in as ever.
   */
  setStandby(on: boolean): void {
    this.#standby.set(on)
  }

  /** Tells the other end of ourselves: at most `reportBytesMax` as a frame, and not often. Who does not know reports does not read it. */
  report(report: SpokeReport): void {
    this.#send({ t: 'report', ...report })
  }

  /** Per room: entries the other end has yet to acknowledge, and what went over this link. */
  progress(): RoomProgress[] {
    return this.#rooms.progress()
  }

  /** Per room: the offset in our log up to which the other end needs nothing more, also after the end of the link. */
  settledByRoom(): Map<string, number> {
    return this.#rooms.settledByRoom()
  }

  /** For how long it was slowed down, and by which limit. */
  get slowedMs(): Readonly<SlowedMs> {
    return this.#o.limits?.slowedMs ?? noSlowedMs
  }

  /** Ends the link and tells the other end why and when to come back. */
  close(code: number, reason: string, retryAfterMs?: number): void {
    if (this.#end !== undefined) return
    this.#end = linkEnd(code, reason, retryAfterMs)
    this.#acks.flush()
    this.#send({ t: 'bye', code, reason: reason.slice(0, 512), ...(retryAfterMs !== undefined && { retryAfterMs }) })
    this.#stop()
    this.transport.close(code, reason)
  }

  onFrame(text: string): void {
    if (this.#over) return
    this.#heartbeat.heard()
    this.#limitFrames()
    try {
      const frame = decodeFrame(text)
      if (frame?.t === 'posts') this.#rooms.inbox(frame.room).onPosts(frame, Buffer.byteLength(text))
      else if (frame?.t === 'report') this.#reports?.receive(frame, Buffer.byteLength(text))
      else if (frame !== undefined) this.#receive(frame)
    } catch (error) {
      this.#fail(error)
    }
  }

  onClose(code: number, reason: string): void {
    this.#stop()
    this.#resolveEnded(this.#end ?? linkEnd(code, reason || closePolicy(code).meaning))
  }

  /** A pause that is too short costs more than the frames; one that is too long would let the link look dead. */
  #limitFrames(): void {
    const waitMs = this.#o.limits?.frame() ?? 0
    if (waitMs > pauseMinMs) this.transport.pause(Math.min(waitMs, this.#o.timings.pingMs / 2))
  }

  #receive(frame: Frame): void {
    switch (frame.t) {
      case 'start':
        return this.#rooms.inbox(frame.room).onStart(frame)
      case 'offer':
        return this.#rooms.inbox(frame.room).onOffer(frame)
      case 'gap':
        return this.#onGap(frame)
      case 'ack':
        return this.#rooms.outbox(frame.room).acked(frame)
      case 'want':
        return this.#rooms.outbox(frame.room).wanted(frame)
      case 'resume':
        return this.#onResume(frame)
      case 'hold':
        return this.#rooms.outbox(frame.room).hold()
      case 'cards':
        return this.#cards?.receive(frame)
      case 'standby':
        return this.#standby.hear(frame.on)
      case 'ping':
        return this.#send({ t: 'pong', n: frame.n })
      case 'pong':
        return this.#heartbeat.pong(frame.n)
      case 'bye':
        return this.#onBye(frame)
      default:
        throw new LinkError(closeCodes.protocol, `"${frame.t}" does not belong on a live link`)
    }
  }

  #onResume({ n, rooms }: FrameOf<'resume'>): void {
    for (const [room, place] of Object.entries(rooms)) this.#rooms.outbox(room).resume(n, place)
  }

  #onGap(frame: FrameOf<'gap'>): void {
    if (frame.to < frame.from) throw new LinkError(closeCodes.protocol, `gap from ${frame.from} to ${frame.to}`)
    this.#rooms.inbox(frame.room).onGap(frame)
    this.#o.observer.gap(this, frame)
  }

  #onBye({ code, reason, retryAfterMs }: FrameOf<'bye'>): void {
    this.#end ??= linkEnd(code, reason, retryAfterMs)
    this.#stop()
    this.transport.close(1000, 'bye')
  }

  #forRooms({ turns, observer, verify = verifyPost, wantsOffers = () => false }: LinkOptions): LinkOfRooms {
    return {
      peerId: this.peer.id,
      toHub: this.peer.role === 'hub',
      sendWindow: this.#window,
      receiveWindow: this.#receiveWindow,
      turns,
      questions: new Turns(1),
      wantsOffers,
      verify,
      send: frame => {
        this.#send(frame)
        if (frame.t === 'gap') observer.gapTold(this, frame)
      },
      sendPosts: text => {
        if (!this.#over) this.transport.send(text)
      },
      stored: (ack, bytes) => this.#acks.stored(ack, bytes),
      limits: this.#o.limits,
      onVerdicts: verdicts => observer.verdicts(verdicts),
      onRefused: reason => observer.refused(this, reason),
      onCaughtUp: (posts, ms) => observer.caughtUp(this, posts, ms),
      fail: error => this.#fail(error),
    }
  }

  #ping(n: number): void {
    this.#send({ t: 'ping', n })
    this.#rooms.tellSkipped()
  }

  #send(frame: Frame): void {
    if (!this.#over) this.transport.send(encodeFrame(frame))
  }

  #fail(error: unknown): void {
    if (error instanceof LinkError) this.close(error.code, error.message)
    else this.close(1011, `internal error: ${error instanceof Error ? error.message : String(error)}`)
  }

  #stop(): void {
    if (this.#over) return
    this.#over = true
    this.#acks.flush()
    this.#heartbeat.stop()
    this.#cards?.stop()
    this.#rooms.stop()
  }
}
