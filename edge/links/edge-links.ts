// All links of an edge, put together from its config: to the hub, to and from peers, and who of them carries the posts.
import type { FederationConf } from '#common/config/edge-conf.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import type { Link } from '#common/protocol/link.ts'
import { watchPreviousSecret } from '#common/protocol/previous-secret-watch.ts'
import { reconnectTimings } from '#common/protocol/reconnect.ts'
import { Turns } from '#common/protocol/turns.ts'
import type { PeerStatus } from '#common/status.ts'
import type { EdgeParts } from '../edge-parts.ts'
import { stopping } from './dial-link.ts'
import { HubLink } from './hub-link.ts'
import { KnownPeers } from './known-peers.ts'
import { PeerDesk } from './peer-desk.ts'
import { PeerLink } from './peer-link.ts'
import { PeerRecords } from './peer-records.ts'
import { type PeerServer, startPeerServer } from './peer-server.ts'
import { type HubView, Standby } from './standby.ts'
import { StandbyRounds } from './standby-rounds.ts'

const pagesAtOnce = 2

export interface EdgeLinks {
  known: KnownPeers
  /** To the hub, while there is one. */
  hub(): Link | undefined
  /** Servers of the config that are not linked now. */
  absent(): PeerStatus[]
  /** Dials from now on. */
  start(): void
  stop(): Promise<void>
}

interface Shared {
  federation: FederationConf
  parts: EdgeParts
  turns: Turns
}

/** Undefined without a federation; peers are let in from now on. @throws Error when the federation port is in use */
export async function openLinks(parts: EdgeParts): Promise<EdgeLinks | undefined> {
  const { conf, links, log } = parts
  const { federation } = conf
  if (federation === undefined) return undefined
  const shared = { federation, parts, turns: new Turns(pagesAtOnce) }
  const hasPeers = () => peers.known.hasAny()
  const hub: HubLink | undefined = hubLink(shared, hasPeers)
  const view = federation.standby && hub !== undefined ? () => viewOf(hub) : undefined
  const standby = new Standby({ hub: view, takeoverMs: federation.takeoverMs, hasPeers, log })
  const peers = openPeers(shared, standby)
  const server = await letIn(shared, peers)
  const dialled = hub === undefined ? peers.dialled : [hub, ...peers.dialled]
  const rounds = new StandbyRounds({ links: () => links.all(), standsBy: () => standby.on })
  const unwatchSecret = watchPreviousSecret({ self: parts.self, links, log })
  const leaving = new AbortController()
  let linked: Promise<unknown> | undefined
  return {
    known: peers.known,
    hub: () => hub?.link,
    absent: () => dialled.flatMap(link => link.absentStatus() ?? []),
    start: () => {
      standby.start()
      rounds.start()
      linked = Promise.all(dialled.map(link => link.run(leaving.signal)))
    },
    stop: async () => {
      unwatchSecret()
      standby.stop()
      rounds.stop()
      peers.desk.stop()
      leaving.abort()
      links.drain(stopping, 0)
      await Promise.all([linked, server?.close()])
    },
  }
}

function hubLink({ federation, parts, turns }: Shared, hasPeers: () => boolean): HubLink | undefined {
  if (federation.hubs.length === 0) return undefined
  const { self, logs, links, ownCard, clock, log } = parts
  return new HubLink({
    hubs: federation.hubs,
    self,
    logs,
    links,
    ownCard,
    clock,
    log,
    hasPeers,
    turns,
    reconnect: reconnectTimings(federation.reconnectMaxMs),
    timings: timingsFor(federation.pingMs),
  })
}

interface Peers {
  known: KnownPeers
  desk: PeerDesk
  dialled: PeerLink[]
}

function openPeers({ federation, parts, turns }: Shared, standby: Standby): Peers {
  const { self, logs, links, ownCard, clock, log, store } = parts
  const now = () => clock.now()
  const records = new PeerRecords(store.meta, log)
  const known = new KnownPeers({
    selfName: self.name,
    peers: federation.peers,
    acceptUnknown: federation.acceptUnknownPeers,
    records,
    log,
    now,
  })
  const timings = timingsFor(federation.pingMs)
  const desk = new PeerDesk({ self, logs, links, known, ownCard, clock, standby, turns, timings, log })
  const reconnect = reconnectTimings(federation.reconnectMaxMs)
  const { tls } = federation
  const dialled = federation.peers.map(
    peer => new PeerLink({ peer, self, logs, tls, desk, known, links, clock, log, reconnect }),
  )
  return { known, desk, dialled }
}

async function letIn({ federation, parts }: Shared, { desk }: Peers): Promise<PeerServer | undefined> {
  const { tls, listen } = federation
  if (tls === undefined) return undefined
  return startPeerServer({ listen, tls, self: desk.self, desk, log: parts.log })
}

function viewOf({ link }: HubLink): HubView {
  const rooms = link?.progress() ?? []
  const settled = [...(link?.settledByRoom().values() ?? [])]
  return {
    isLinked: link?.isOver === false,
    isCaughtUp: rooms.every(room => room.caughtUp),
    toSend: rooms.reduce((sum, room) => sum + room.toSend, 0),
    settled: settled.reduce((sum, offset) => sum + offset, 0),
  }
}
