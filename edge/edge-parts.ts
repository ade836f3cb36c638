// What the parts of an edge share: its rooms on disk, its clock, its name, and who writes posts.
import { randomBytes } from 'node:crypto'
import type { AirTextContext } from '#common/air-text.ts'
import { type CertificateFacts, certificateFacts } from '#common/certificate-facts.ts'
import { CertificateWatch } from '#common/certificate-watch.ts'
import type { Clock } from '#common/clock.ts'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import { type KeptCards, keepCards } from '#common/kept-cards.ts'
import type { Log } from '#common/log.ts'
import { OwnCard } from '#common/own-card.ts'
import type { PostLog } from '#common/post-log.ts'
import { PostWriter } from '#common/post-writer.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import { cardKeepMs, ServerDirectory } from '#common/server-directory.ts'
import type { SqliteStore } from '#common/sqlite/sqlite-store.ts'
import { version } from '#common/version.ts'
import { loadIdentity, openStore, startClock } from './local-state.ts'
import { postGate } from './post-gate.ts'
import { RoomSettings } from './room-settings.ts'

export interface EdgeParts {
  conf: EdgeConf
  log: Log
  store: SqliteStore
  logs: readonly PostLog[]
  clock: Clock
  self: Self
  links: LiveLinks
  /** What our own certificate says, where there is one, and who is told before one ends. */
  certificate: CertificateFacts | undefined
  certificates: CertificateWatch
  writer: PostWriter
  /** What may be changed of the rooms while they run, by room. */
  settings: ReadonlyMap<string, RoomSettings>
  /** All servers known: names for origins, and who is a gateway. */
  servers: ServerDirectory
  /** Who is named in what the air and apps are told. */
  texts: AirTextContext
  /** Says to the others who we are, and by which radio identities we send. */
  ownCard: OwnCard
  keptCards: KeptCards
}

const ownCertificate = {
  id: 'own',
  what: 'the certificate of this server',
  advice:
    'make a new one with meshcore-room keygen --force, restart, and confirm it at the other servers with meshcore-room trust',
}

/** @throws Error when the database is in use, or a file cannot be written */
export function buildParts(conf: EdgeConf, log: Log): EdgeParts {
  // Before the database: one that is left open begins a new epoch the next time, and every cursor in it is void.
  const identity = loadIdentity(conf.identityPath, log)
  // What arrives while the system says 1970 must not be past its retention once the clock is set.
  const store = openStore(conf, log, () => clock.now())
  const clock = startClock(conf, store, log)
  const certificates = new CertificateWatch({ log, now: () => (clock.systemOffMs === 0 ? clock.now() : undefined) })
  const certificate = conf.federation?.tls && certificateFacts(conf.federation.tls.cert)
  if (certificate !== undefined) certificates.note(ownCertificate, certificate)
  const links = new LiveLinks(log, certificates)
  const self: Self = {
    identity,
    name: conf.federation?.serverName ?? conf.rooms[0]?.name ?? 'room',
    role: 'edge',
    software: `meshcore-room/${version}`,
    boot: randomBytes(9).toString('base64url'),
    secret: conf.federation?.secret ?? '',
    previousSecret: conf.federation?.previousSecret,
    wanBytesPerDay: conf.federation?.wanBytesPerDay,
    now: () => clock.now(),
  }
  const { meta } = store
  const settings = new Map(conf.rooms.map(room => [room.federateAs, new RoomSettings({ conf: room, meta, log })]))
  const writer = new PostWriter(identity, {
    stamp: () => clock.stamp(),
    onVerdict: verdict => links.count(verdict),
    gate: postGate(settings, () => performance.now()),
  })
  const logs = conf.rooms.map(room => store.log(room.federateAs))
  return {
    conf,
    log,
    store,
    logs,
    clock,
    self,
    links,
    certificate,
    certificates,
    writer,
    settings,
    ...openCards({ conf, log, store, clock, self, links }),
  }
}

type CardParts = Pick<EdgeParts, 'conf' | 'log' | 'store' | 'clock' | 'self' | 'links'>

function openCards({ conf, log, store, clock, self, links }: CardParts) {
  const { identity, name } = self
  const keepMs = cardKeepMs(Math.max(...conf.rooms.map(({ retentionDays }) => retentionDays)))
  // Of two clocks that disagree the earlier one says what is old.
  const now = () => Math.min(Date.now(), clock.now())
  const servers = new ServerDirectory({ selfId: identity.id, keepMs, now })
  const keptCards = keepCards(servers, store.meta, log)
  const ownCard = new OwnCard({ identity, name, directory: servers, now: () => clock.now(), log })
  // A server of an older version has no card.
  const cityOf = (origin: string) => servers.cityOf(origin) ?? links.get(origin)?.peer.name
  return { servers, ownCard, keptCards, texts: { origin: identity.id, cityOf } }
}
