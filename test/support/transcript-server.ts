// One end of a recorded link, played by the code as it is now: a real log, the real handshake, the real link.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreUnavailableError } from '#common/errors.ts'
import { createLog } from '#common/log.ts'
import { OwnCard } from '#common/own-card.ts'
import { postSchema } from '#common/post.ts'
import { LOCAL, type PostLog } from '#common/post-log.ts'
import { edgeAckDelayMs } from '#common/protocol/ack-pace.ts'
import { greetAsAcceptor, greetAsDialler, type Peer } from '#common/protocol/greet.ts'
import type { Self, Side } from '#common/protocol/handshake.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link } from '#common/protocol/link.ts'
import type { LinkOptions } from '#common/protocol/link-options.ts'
import { Turns } from '#common/protocol/turns.ts'
import { signCard } from '#common/server-card.ts'
import { cardKeepMs, cardsMax, ServerDirectory } from '#common/server-directory.ts'
import type { SpokeReport } from '#common/spoke-report.ts'
import { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'
import { unconcerned } from './link-by-hand.ts'
import {
  factsOf,
  identityOf,
  ownPost,
  type Session,
  type Step,
  type Transcript,
  type TranscriptServerFacts,
} from './transcript.ts'

const dayMs = 86_400_000
const retentionDays = 30
const quiet = createLog({ json: false, level: 'silent' })

export interface PlayedSide {
  transcript: Transcript
  session: Session
  side: Side
  /** Is given the epoch of the transcript instead of that of the log. */
  transport: Transport
}

export class TranscriptServer implements AsyncDisposable {
  /** What the other end has told of itself. */
  readonly reports: SpokeReport[] = []
  readonly #o: PlayedSide
  readonly #facts: TranscriptServerFacts
  readonly #dir = mkdtempSync(join(tmpdir(), 'mcfed-transcript-'))
  readonly #store: SqliteStore
  readonly #log: PostLog
  readonly #ownCard: OwnCard
  #link: Link | undefined

  private constructor(options: PlayedSide) {
    const { transcript, session, side } = options
    this.#o = options
    this.#facts = factsOf(transcript, session[side].server)
    const now = () => transcript.clock
    this.#store = SqliteStore.open({ path: join(this.#dir, 'room.db'), retentionDays, log: quiet, now })
    this.#log = this.#store.log(transcript.room)
    const directory = new ServerDirectory({ selfId: this.#facts.id, keepMs: cardKeepMs(retentionDays), now })
    const { name } = this.#facts
    this.#ownCard = new OwnCard({ identity: identityOf(this.#facts), name, directory, now, log: quiet })
  }

  /** Ready for the handshake, with everything done that was done before it. */
  static async open(options: PlayedSide): Promise<TranscriptServer> {
    const server = new TranscriptServer(options)
    for (const step of options.session[options.side].before) await server.perform(step)
    return server
  }

  /** Links, and serves the link. @throws LinkError */
  async run(): Promise<Link> {
    const { session, side } = this.#o
    const transport = this.#withEpoch(this.#o.transport)
    const reader = new FrameReader(transport)
    const rooms = [{ room: this.#log.room, read: true, write: true }]
    const peer =
      side === 'dialler'
        ? await greetAsDialler(reader, this.#self(), { wanted: rooms })
        : await greetAsAcceptor(reader, this.#self(), hello => hello.rooms)
    const link = new Link({
      transport,
      peer,
      rooms: [{ log: this.#log, peerReads: true, peerWrites: true }],
      turns: new Turns(4),
      timings: timingsFor(20_000),
      observer: unconcerned,
      standby: session[side].standby,
      ...this.#linkOptions(peer),
    })
    this.#link = link
    reader.handOver(link)
    link.start()
    return link
  }

  async perform(step: Step): Promise<void> {
    if (step.do === 'store') return this.#append(step)
    if (step.do === 'trim') return void (await this.#log.trim(this.#o.transcript.clock + (retentionDays + 1) * dayMs))
    if (step.do === 'cursor') return this.#readUpTo(step)
    if (step.do === 'card') return this.#learn(step.of)
    if (step.do === 'refuse') return this.#refuseOnce()
    if (step.do === 'ping') return this.#o.transport.send(`{"t":"ping","n":${step.n}}`)
    if (step.do === 'report') return this.#link?.report(step.report)
    if (step.do === 'standby') return this.#link?.setStandby(step.on)
    this.#link?.close(step.code, step.reason, 0)
  }

  /** GUIDs of its posts. */
  async guids(): Promise<string[]> {
    return (await this.#log.readAfter(0, 1000)).map(({ guid }) => guid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ownCard.stop()
    this.#store.close()
    rmSync(this.#dir, { recursive: true })
  }

  #self(): Self {
    const { transcript, session, side } = this.#o
    const { nonce, name, role, software, boot, wanBytesPerDay } = this.#facts
    const [secret = '', previous] = session[side].secrets
    const identity = identityOf(this.#facts)
    const now = () => transcript.clock
    const previousSecret = previous === undefined ? undefined : { secret: previous }
    const self = { identity, name, role, software, boot, wanBytesPerDay, secret, previousSecret }
    return { ...self, now, nonce: () => nonce }
  }

  /** As hub and edge have them. */
  #linkOptions({ role }: Peer): Pick<LinkOptions, 'ackDelayMs' | 'cards' | 'wantsOffers' | 'onReport'> {
    const own = this.#ownCard
    const onReport = (_: string, report: SpokeReport) => this.#hear(report)
    if (this.#facts.role === 'hub') return { cards: { own, relayedMax: 100 }, wantsOffers: () => true, onReport }
    const isToHub = role === 'hub'
    const cards = { own, relayedMax: cardsMax, ...(isToHub && { listenMs: 10_000 }) }
    return { ackDelayMs: edgeAckDelayMs, cards, wantsOffers: () => !isToHub }
  }

  async #append({ posts, by }: { posts: readonly number[]; by: string }): Promise<void> {
    const { transcript } = this.#o
    const texts = posts.map(n => transcript.posts[n] ?? '')
    const batch = texts.map(json => {
      const { guid, at } = postSchema.parse(JSON.parse(json))
      return { guid, at, json }
    })
    await this.#log.append({ from: by === ownPost ? LOCAL : factsOf(transcript, by).id, posts: batch })
  }

  #refuseOnce(): void {
    const append = this.#log.append.bind(this.#log)
    this.#log.append = async () => {
      this.#log.append = append
      throw new StoreUnavailableError('the store is away')
    }
  }

  async #readUpTo({ of, offset }: { of: string; offset: number }): Promise<void> {
    const { id, epoch } = factsOf(this.#o.transcript, of)
    const cursor = { expected: null, next: { epoch, offset }, under: this.#log.head.epoch }
    await this.#log.append({ from: id, posts: [], cursor })
  }

  /** Its epoch as it stands in the transcript. */
  #hear(report: SpokeReport): void {
    const text = JSON.stringify(report).replaceAll(this.#log.head.epoch, this.#facts.epoch)
    this.reports.push(JSON.parse(text))
  }

  #learn(of: string): void {
    const { transcript } = this.#o
    const facts = factsOf(transcript, of)
    const card = signCard({ id: facts.id, name: facts.name, gateways: [], at: transcript.clock }, identityOf(facts))
    this.#ownCard.directory.learn([{ card, rooms: [transcript.room], from: facts.id }])
  }

  /** Epochs are random; on the wire stands that of the transcript. */
  #withEpoch(transport: Transport): Transport {
    const { epoch } = this.#facts
    const { epoch: actual } = this.#log.head
    const [send, listen] = [transport.send.bind(transport), transport.listen.bind(transport)]
    transport.send = frame => send(frame.toString().replaceAll(actual, epoch))
    transport.listen = events =>
      listen({
        onFrame: text => events.onFrame(text.replaceAll(epoch, actual)),
        onClose: (code, reason) => events.onClose(code, reason),
      })
    return transport
  }
}
