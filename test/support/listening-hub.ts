// A hub of nothing but one room in memory and its links, that writes down what cities tell it of themselves.
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { PostWriter } from '#common/post-writer.ts'
import { greetAsAcceptor } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { Link } from '#common/protocol/link.ts'
import type { LinkObserver } from '#common/protocol/link-options.ts'
import { Turns } from '#common/protocol/turns.ts'
import type { ReportedRoom, ReportedSelf, SpokeReport } from '#common/spoke-report.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'
import { makeCertificate, testAuthority } from './certificates.ts'
import { unconcerned } from './link-by-hand.ts'
import { MemoryLog } from './memory-log.ts'
import { testRoom, testSecret } from './programs.ts'
import { TlsHub } from './tls-hub.ts'

export class ListeningHub implements AsyncDisposable {
  readonly log = new MemoryLog(testRoom)
  readonly reports: { at: number; report: SpokeReport }[] = []
  /** Of ours, since the start. */
  bytesIn = () => this.#transports.reduce((sum, { bytesIn }) => sum + bytesIn, 0)
  readonly #identity = identityFromPem(newIdentityPem())
  readonly #transports: Transport[] = []
  readonly #tls: TlsHub
  readonly #writer: PostWriter
  #lastAt = 0

  private constructor(tls: TlsHub) {
    this.#tls = tls
    const stamp = () => {
      this.#lastAt = Math.max(Date.now(), this.#lastAt + 1)
      return this.#lastAt
    }
    this.#writer = new PostWriter(this.#identity, { stamp })
  }

  static async start(): Promise<ListeningHub> {
    const certificate = makeCertificate({ names: ['127.0.0.1'], ca: testAuthority() })
    const onConnection = (transport: Transport) => void hub.#serve(transport).catch(() => transport.close(1011, 'test'))
    const hub: ListeningHub = new ListeningHub(await TlsHub.start({ certificate, onConnection }))
    return hub
  }

  get port(): number {
    return this.#tls.port
  }

  get id(): string {
    return this.#identity.id
  }

  /** As net control. */
  async write(text: string): Promise<string> {
    return (await this.#writer.write(this.log, { text, author: { name: 'Net' }, source: 'console' })).guid
  }

  /** The last word of the one city. */
  get room(): ReportedRoom | undefined {
    return this.reports.findLast(({ report }) => report.rooms !== undefined)?.report.rooms?.[0]
  }

  get self(): ReportedSelf | undefined {
    return this.reports.findLast(({ report }) => report.self !== undefined)?.report.self
  }

  /** How it stands with a post there. */
  airOf(guid: string): string | undefined {
    return this.room?.air.find(told => told.guid === guid)?.state
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#tls[Symbol.asyncDispose]()
  }

  async #serve(transport: Transport): Promise<void> {
    this.#transports.push(transport)
    const reader = new FrameReader(transport)
    const words = { name: 'hub', role: 'hub', software: 'test', boot: 'test', secret: testSecret } as const
    const self: Self = { identity: this.#identity, ...words, now: Date.now }
    const peer = await greetAsAcceptor(reader, self, hello => hello.rooms)
    const link = new Link({
      transport,
      peer,
      rooms: [{ log: this.log, peerReads: true, peerWrites: true }],
      turns: new Turns(2),
      timings: timingsFor(20_000),
      observer,
      wantsOffers: () => true,
      onReport: (_id, report) => void this.reports.push({ at: performance.now(), report }),
    })
    reader.handOver(link)
    link.start()
  }
}

const observer: LinkObserver = {
  ...unconcerned,
  refusedReport: (_link, reason) => {
    throw new Error(`a report was refused: ${reason}`)
  },
}
