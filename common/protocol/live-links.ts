// All live links of this server: one per identity, their counts, and the log lines of their comings and goings.
import { type CertificateFacts, certificateFactsIfAny, certificateStatus } from '../certificate-facts.ts'
import type { CertificateOwner, CertificateWatch } from '../certificate-watch.ts'
import type { Log } from '../log.ts'
import { caughtUpLine, connectedLine, disconnectedLine, oldSecretLine, trustWords } from '../log-lines.ts'
import type { Verdict } from '../post-log.ts'
import type { GapReport, MessageCounts, PeerStatus, Traffic } from '../status.ts'
import { clockToleranceMs } from '../trouble-limits.ts'
import { closeCodes, type LinkEnd } from './close-codes.ts'
import type { FrameOf } from './frames.ts'
import type { Peer } from './greet.ts'
import type { Link } from './link.ts'
import { noSlowedMs, type SlowedMs, slowedInAll, slowedInTotal } from './link-limits.ts'
import type { LinkObserver } from './link-options.ts'
import { PeerTallies, type PeerTally } from './peer-tallies.ts'

const gapsKept = 100
/** Of one link; a forger must not fill the disk with our complaints. */
const complaintsLogged = 10
/** At most one line about posts too old in so long. */
const expiredLogMs = 60_000
const takenOver = 'a newer link of the same identity took over'

interface LiveLink {
  link: Link
  direction: 'in' | 'out'
  /** What the other end has shown. */
  certificate: CertificateFacts | undefined
  complaints: number
  /** A newer one has taken its place, and this has been said. */
  replaced: boolean
}

export interface FoundGap {
  peer: Pick<Peer, 'id' | 'name'>
  gap: FrameOf<'gap'>
  /** We lack these posts of the peer's log; else it lacks them of ours. */
  isOurs: boolean
}

export class LiveLinks implements LinkObserver {
  readonly #log: Log
  readonly #liveById = new Map<string, LiveLink>()
  readonly tallies = new PeerTallies()
  readonly #certificates: CertificateWatch | undefined
  readonly #counts = { stored: 0, duplicates: 0, expired: 0, refused: 0, sent: 0 }
  #slowedMs: SlowedMs = { ...noSlowedMs }
  #refusedCards = 0
  #gaps: GapReport[] = []
  #expiredLoggedAt = Number.NEGATIVE_INFINITY
  #isDraining = false
  #onGap: (found: FoundGap) => void = () => {}

  /** `certificates` is told what the other ends show. */
  constructor(log: Log, certificates?: CertificateWatch) {
    this.#log = log
    this.#certificates = certificates
  }

  get size(): number {
    return this.#liveById.size
  }

  /** This server is about to stop: nobody is taken in any more. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  get gaps(): readonly GapReport[] {
    return this.#gaps
  }

  get(id: string): Link | undefined {
    return this.#liveById.get(id)?.link
  }

  /** The link with a server, and who has dialled it. */
  current(id: string): { link: Link; direction: 'in' | 'out' } | undefined {
    return this.#liveById.get(id)
  }

  all(): Link[] {
    return [...this.#liveById.values()].map(({ link }) => link)
  }

  /** Takes in a proved link, ending an older one of the same identity, and resolves when it has ended. */
  async live(link: Link, direction: 'in' | 'out'): Promise<LinkEnd> {
    const { peer } = link
    const older = this.#liveById.get(peer.id)
    const certificate = certificateFactsIfAny(link.transport.certificate)
    const live = { link, direction, certificate, complaints: 0, replaced: false }
    this.#liveById.set(peer.id, live)
    this.tallies.opened(link.transport)
    if (older !== undefined) this.#replace(older)
    const facts = { ...factsOf(peer), address: link.transport.remote, latencyMs: peer.latencyMs }
    this.#log.info({ facts }, connectedLine(peer.name, link.transport.encrypted, peer.latencyMs))
    const oldSecret = oldSecretLine(peer.name, peer.secret)
    if (oldSecret !== undefined) this.#log.warn(oldSecret)
    if (Math.abs(peer.clockOffMs) > clockToleranceMs) {
      const minutes = Math.round(peer.clockOffMs / 60_000)
      this.#log.warn(
        `the clock of "${peer.name}" is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead of' : 'behind'} ours: check NTP on both`,
      )
    }
    if (certificate !== undefined) this.#certificates?.note(ownerOf(peer), certificate)
    if (this.#isDraining) link.close(closeCodes.draining, 'this server is about to stop')
    link.start()
    const end = await link.ended
    for (const { sent } of link.progress()) this.#counts.sent += sent
    this.tallies.add(peer.id, link.transport)
    this.#slowedMs = slowedInAll([this.#slowedMs, link.slowedMs])
    if (this.#liveById.get(peer.id) === live) this.#liveById.delete(peer.id)
    if (!live.replaced) {
      this.tallies.failed(peer.id, end.reason)
      this.#log.warn({ facts: { ...factsOf(peer), reason: end.reason } }, disconnectedLine(peer.name, end.reason))
    }
    return end
  }

  /** Said before the newer one is: the last line about a server tells how it stands with it. */
  #replace(older: LiveLink): void {
    older.replaced = true
    older.link.close(closeCodes.replaced, takenOver, 0)
    const { peer } = older.link
    this.#log.warn({ facts: { ...factsOf(peer), reason: takenOver } }, disconnectedLine(peer.name, takenOver))
  }

  /** Says goodbye to everybody; each comes back at another time within `spreadMs`. */
  drain(reason: string, spreadMs: number): void {
    this.#isDraining = true
    for (const { link } of this.#liveById.values())
      link.close(closeCodes.draining, reason, Math.floor(Math.random() * spreadMs))
  }

  /** Ends the link of one server. */
  end(id: string, code: number, reason: string): void {
    this.#liveById.get(id)?.link.close(code, reason)
  }

  verdicts(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) this.count(verdict)
    const expired = verdicts.filter(verdict => verdict === 'expired').length
    if (expired > 0) this.#expired(expired)
  }

  count(verdict: Verdict): void {
    if (verdict === 'stored') this.#counts.stored += 1
    else if (verdict === 'duplicate') this.#counts.duplicates += 1
    else this.#counts.expired += 1
  }

  /** Usually a clock is wrong, ours or the author's: it must not pass in silence. */
  #expired(posts: number): void {
    const now = performance.now()
    if (now - this.#expiredLoggedAt < expiredLogMs) return
    this.#expiredLoggedAt = now
    this.#log.warn(
      `${posts} posts came in that are older than the retention; they were not stored: are all clocks right?`,
    )
  }

  refused(link: Link, reason: string): void {
    this.#counts.refused += 1
    this.#complain(link, `dropped a post from "${link.peer.name}": ${reason}`)
  }

  refusedCard(link: Link, reason: string): void {
    this.#refusedCards += 1
    this.#complain(link, `dropped a server card from "${link.peer.name}": ${reason}`)
  }

  refusedReport(link: Link, reason: string): void {
    this.#complain(link, `dropped what "${link.peer.name}" told of itself: ${reason}`)
  }

  gap(link: Link, gap: FrameOf<'gap'>): void {
    const { room, from, to, why } = gap
    const posts = to - from + 1
    this.#gaps = [
      ...this.#gaps.slice(1 - gapsKept),
      { room, from: link.peer.name, posts, why, at: new Date().toISOString() },
    ]
    const { name } = link.peer
    this.#complain(link, `gap in room "${room}": ${posts} older posts are no longer kept by "${name}" (${why})`)
    this.#onGap({ peer: link.peer, gap, isOurs: true })
  }

  gapTold(link: Link, gap: FrameOf<'gap'>): void {
    this.#onGap({ peer: link.peer, gap, isOurs: false })
  }

  /** Calls back for each hole that shows on a link. */
  onGap(listener: (found: FoundGap) => void): void {
    this.#onGap = listener
  }

  caughtUp(link: Link, posts: number, ms: number): void {
    this.#log.info({ facts: { ...factsOf(link.peer), posts, ms } }, caughtUpLine(link.peer.name, posts, ms))
  }

  #complain(link: Link, text: string): void {
    const live = this.#liveById.get(link.peer.id)
    if (live === undefined || live.complaints++ >= complaintsLogged) return
    this.#log.warn(text)
  }

  /** Since the start of this process. */
  get refusedCards(): number {
    return this.#refusedCards
  }

  /** For how long links were slowed down since the start of this process. */
  slowedMs(): SlowedMs {
    return slowedInAll([this.#slowedMs, ...this.all().map(link => link.slowedMs)])
  }

  traffic(): Traffic {
    return this.tallies.traffic()
  }

  messages(): MessageCounts {
    let { sent } = this.#counts
    for (const { link } of this.#liveById.values()) for (const room of link.progress()) sent += room.sent
    return { ...this.#counts, sent }
  }

  /** `now` in Unix ms. */
  peers(now = Date.now()): PeerStatus[] {
    return [...this.#liveById.values()].map(live => peerStatus(live, this.tallies.get(live.link.peer.id), now))
  }
}

/** Of a log line, for programs. */
function factsOf({ name, id, role }: Peer) {
  return { peer: name, id, role }
}

function ownerOf({ id, name, role }: Peer): CertificateOwner {
  const confirm = role === 'edge' ? `, and confirm it here then: ${trustWords(name, id)}` : ''
  return { id, what: `the certificate of "${name}"`, advice: `ask its operator for a new one${confirm}` }
}

function peerStatus({ link, direction, certificate }: LiveLink, tally: PeerTally, now: number): PeerStatus {
  const { peer, transport } = link
  const latency = link.latencies.facts()
  return {
    name: peer.name,
    id: peer.id,
    role: peer.role,
    secret: peer.secret,
    address: transport.remote,
    direction,
    state: link.standsBy ? 'standby' : 'connected',
    since: new Date(link.since).toISOString(),
    latencyMs: latency?.lastMs ?? null,
    latency: latency ?? null,
    ...tally,
    bytesIn: tally.bytesIn + transport.bytesIn,
    bytesOut: tally.bytesOut + transport.bytesOut,
    certificate: certificateStatus(certificate, now),
    slowedMs: slowedInTotal(link.slowedMs),
    rooms: link.progress(),
  }
}
