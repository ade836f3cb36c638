// Keeps one link to a peer of the config, whoever of the two has dialled it.
import { once } from 'node:events'
import { certificateStatus } from '#common/certificate-facts.ts'
import type { Clock } from '#common/clock.ts'
import type { TlsPair } from '#common/config/conf-rules.ts'
import { type HostPort, hostPortText, peerUrl } from '#common/config/conf-values.ts'
import type { PeerConf } from '#common/config/edge-conf.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import { closeCodes, type LinkEnd, linkEnd } from '#common/protocol/close-codes.ts'
import { ownSelf } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { Link } from '#common/protocol/link.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import { keepLinked, type ReconnectTimings } from '#common/protocol/reconnect.ts'
import type { PeerStatus } from '#common/status.ts'
import { dialLink, failedEnd } from './dial-link.ts'
import { absentRoom, DialState } from './dial-state.ts'
import type { KnownPeers } from './known-peers.ts'
import { alreadyLinked, type PeerDesk } from './peer-desk.ts'

/** Somebody may have said meanwhile that the other key is right. */
const refusedRetryMs = 5000
/** Every server of a federation may have the same list of peers, itself among them. */
const selfRetryMs = 3_600_000

export interface PeerLinkOptions {
  peer: PeerConf
  self: Self
  logs: readonly PostLog[]
  tls: TlsPair | undefined
  desk: PeerDesk
  known: KnownPeers
  links: LiveLinks
  clock: Clock
  log: Log
  reconnect: ReconnectTimings
}

export class PeerLink {
  readonly #o: PeerLinkOptions
  readonly #state = new DialState()

  constructor(options: PeerLinkOptions) {
    this.#o = options
  }

  /** Resolves when `signal` aborts; at once when the peer has no address. */
  async run(signal: AbortSignal): Promise<void> {
    const { addr } = this.#o.peer
    if (addr === undefined) return
    await keepLinked({
      live: aborted => this.#live(addr, aborted),
      onWait: () => this.#state.state === 'refused' || this.#state.enter('waiting'),
      signal,
      timings: this.#o.reconnect,
    })
  }

  /** How /status shows the peer while there is no link to it; undefined while there is one, and of this server itself. */
  absentStatus(): PeerStatus | undefined {
    const { peer, known, links, logs, clock } = this.#o
    const id = known.idAt(peer)
    if (known.isSelf(peer) || (id !== undefined && links.get(id) !== undefined)) return undefined
    const who = {
      name: peer.name,
      id: id ?? '',
      role: 'edge',
      address: peer.addr === undefined ? '' : hostPortText(peer.addr),
      direction: peer.addr === undefined ? 'in' : 'out',
      certificate: certificateStatus(id === undefined ? undefined : known.certificateOf(id), clock.now()),
      rooms: logs.map(({ room }) => absentRoom(room, null)),
    } as const
    return this.#state.absent(who, links.tallies)
  }

  async #live(addr: HostPort, signal: AbortSignal): Promise<LinkEnd> {
    const there = await this.#otherLink(signal)
    if (there !== undefined) return there
    this.#state.enter('connecting')
    try {
      const end = await this.#dial(addr, signal)
      this.#state.failed(end.reason)
      return this.#later(end)
    } catch (error) {
      const end = failedEnd(error)
      return signal.aborted ? end : this.#failed(end)
    }
  }

  #later(end: LinkEnd): LinkEnd {
    if (end.code !== closeCodes.revoked) return end
    this.#state.enter('refused')
    return { ...end, retryAfterMs: refusedRetryMs }
  }

  /** Waits for the end of a link that the peer has dialled; undefined when there is none. */
  async #otherLink(signal: AbortSignal): Promise<LinkEnd | undefined> {
    const { peer, known, links } = this.#o
    const id = known.idAt(peer)
    const link = id === undefined ? undefined : links.get(id)
    if (link === undefined) return undefined
    this.#state.enter('connected')
    await endOf(link, signal)
    return linkEnd(1000, '')
  }

  #dial(addr: HostPort, signal: AbortSignal): Promise<LinkEnd> {
    const { peer, self, logs, tls, desk, clock } = this.#o
    const origin = { direction: 'out', at: peer } as const
    const call = desk.newCall(peer)
    return dialLink(
      {
        target: { url: peerUrl(addr), proofOnly: true, own: tls, clockWrong: clock.systemOffMs !== 0 },
        self,
        wanted: logs.map(({ room }) => ({ room, read: true, write: true })),
        judge: (found, transport) => desk.judge(found, transport, call),
        hearsFirst: true,
        link: (found, transport) => desk.link(found, transport, origin),
        live: link => {
          this.#state.enter('connected')
          desk.callEnded(call)
          return desk.live(link, origin)
        },
      },
      signal,
    ).finally(() => desk.callEnded(call))
  }

  #failed(end: LinkEnd): LinkEnd {
    const { peer, log, known, links } = this.#o
    const { reason } = end
    if (reason === alreadyLinked) return { ...end, retryAfterMs: 0 }
    if (reason === ownSelf && peer.addr !== undefined) {
      if (known.noteSelf(peer.addr))
        log.info(`the peer "${peer.name}" of the config is this server itself: it is not dialled`)
      return { ...end, retryAfterMs: selfRetryMs }
    }
    const id = known.idAt(peer)
    if (id !== undefined) links.tallies.failed(id, reason)
    if (this.#state.failed(reason)) log.warn(`no link to the peer "${peer.name}": ${reason}`)
    return this.#later(end)
  }
}

/** Resolves when the link has ended, or `signal` aborts. */
async function endOf({ ended }: Link, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const stopped = once(signal, 'abort', { signal: over.signal }).catch(() => {})
  await Promise.race([ended, stopped])
  over.abort()
}
