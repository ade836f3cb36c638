// One hub instance, put together from its config: store, links, HTTP. Knows how to start and how to leave in good order.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type CertificateFacts, certificateFacts } from '#common/certificate-facts.ts'
import { CertificateWatch } from '#common/certificate-watch.ts'
import type { HubConf } from '#common/config/hub-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { bearerToken, noAccess } from '#common/http/access.ts'
import { healthRoutes } from '#common/http/health-routes.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { createLiveRoute } from '#common/http/live-route.ts'
import type { RoomDirectory } from '#common/http/room-directory.ts'
import { roomRoutes } from '#common/http/room-routes.ts'
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import type { Log } from '#common/log.ts'
import { OwnCard } from '#common/own-card.ts'
import { PostWriter } from '#common/post-writer.ts'
import { frameBytesMax } from '#common/protocol/frames.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { timingsFor } from '#common/protocol/heartbeat.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import { Turns } from '#common/protocol/turns.ts'
import { cardKeepMs, ServerDirectory } from '#common/server-directory.ts'
import { startTrimming } from '#common/trimming.ts'
import { version } from '#common/version.ts'
import { openEmbeddedStore } from './embedded-store.ts'
import { hubStatus } from './hub-status.ts'
import type { HubStore } from './hub-store.ts'
import { openRedisHubStore } from './redis/redis-hub-store.ts'
import { rightsOf } from './registry/tokens.ts'
import { spokeRoute } from './spokes/spoke-route.ts'
import { Spokes } from './spokes/spokes.ts'
import { spokesRoutes } from './spokes/spokes-routes.ts'
import { answerWhileWaiting } from './waiting-server.ts'

/** Spokes come back within this time after a drain, each at its own moment. */
const drainSpreadMs = 5000
const drainWaitMs = 3000
const pagesAtOnce = 4
const storeRetryMs = 1000
const otherConnectionsMax = 2000

export interface RunningHub {
  port: number
  /** Says goodbye to the spokes and leaves; resolves when the store is closed. */
  stop(): Promise<void>
}

/** @throws Error when the store cannot be opened or the address is in use; `signal` ends a wait for the store */
export async function startHub(conf: HubConf, log: Log, signal: AbortSignal): Promise<RunningHub> {
  const instance = randomBytes(6).toString('hex')
  const store = await openStore(conf, log, instance)
  const identity = await hubIdentity(conf, store, { log, signal })
  const self: Self = {
    identity,
    name: conf.name,
    role: 'hub',
    software: `federation-hub/${version}`,
    boot: instance,
    secret: conf.secret,
    now: Date.now,
    windowBytes: conf.limits.linkWindowBytes,
  }
  const links = new LiveLinks(log)
  const certificate = conf.tls && certificateFacts(conf.tls.cert)
  const certificates = watchCertificate(certificate, log)
  const spokes = new Spokes({ store, links, log, instance })
  const ownCard = await openCards({ conf, log, store, self })
  const app = await buildServer({ conf, log, store, self, links, spokes, ownCard, certificate })
  const end = async () => {
    spokes.stop()
    ownCard.stop()
    certificates.stop()
    await app.close()
    await store.close()
  }
  try {
    await app.listen({ host: conf.listen.host, port: conf.listen.port })
  } catch (error) {
    // A database that is left open begins a new epoch.
    await end()
    throw error
  }
  const stopTrimming = startTrimming({
    logs: async () => Promise.all((await store.rooms()).map(room => store.log(room))),
    log,
  })
  const { port } = app.server.address() as AddressInfo
  log.info(
    `Hub "${conf.name}" ${version} listens on ${conf.listen.host}:${port} (id ${identity.id}, store ${conf.redisUrl === undefined ? 'embedded' : 'Redis'})`,
  )
  return {
    port,
    stop: async () => {
      stopTrimming()
      links.drain('the hub restarts', drainSpreadMs)
      const deadline = performance.now() + drainWaitMs
      while (links.size > 0 && performance.now() < deadline) await delay(20)
      await end()
    },
  }
}

function watchCertificate(certificate: CertificateFacts | undefined, log: Log): CertificateWatch {
  const watch = new CertificateWatch({ log, now: Date.now })
  const advice = 'make a new one; edges that know this one by ca or pin must have the new one before it ends'
  if (certificate !== undefined) watch.note({ id: 'own', what: 'the certificate of this hub', advice }, certificate)
  watch.start()
  return watch
}

interface Parts {
  conf: HubConf
  log: Log
  store: HubStore
  self: Self
  links: LiveLinks
  spokes: Spokes
  ownCard: OwnCard
  certificate: CertificateFacts | undefined
}

async function buildServer(parts: Parts) {
  const { conf, log, store, self, links, spokes, ownCard, certificate } = parts
  const { tls, limits } = conf
  const connectionsMax = limits.maxLinks + otherConnectionsMax
  const app = await createHttpServer({ log, frameBytesMax, connectionsMax, ...(tls && { tls }) })
  const rooms = roomDirectory(store)
  const writer = new PostWriter(self.identity, {
    stamp: () => store.nextAt(Date.now()),
    onVerdict: verdict => links.count(verdict),
  })
  const access = async (request: Parameters<typeof bearerToken>[0]) => {
    const token = bearerToken(request)
    const record = token === undefined ? undefined : await store.registry.findToken(token)
    return record === undefined ? noAccess : { ...rightsOf(record.role), who: record.name }
  }
  const live = createLiveRoute({ rooms, access, log })
  const startedAt = performance.now()
  await app.register(healthRoutes, {
    access,
    status: () =>
      hubStatus({
        ...{ self, store, links, certificate, startedAt },
        servers: ownCard.directory,
        liveClients: live.clients(),
      }),
  })
  await app.register(roomRoutes, { rooms, writer, access, source: 'console' })
  await app.register(live.plugin)
  await app.register(spokesRoutes, { registry: store.registry, access })
  await app.register(spokeRoute, {
    self,
    store,
    spokes,
    links,
    ownCard,
    log,
    turns: new Turns(pagesAtOnce),
    timings: timingsFor(limits.pingMs),
    encrypted: tls !== undefined || conf.behindProxy,
    behindProxy: conf.behindProxy,
    roomsMax: limits.maxRooms,
    linksMax: limits.maxLinks,
  })
  return app
}

function openStore(conf: HubConf, log: Log, instance: string): Promise<HubStore> {
  const { redisUrl, retentionDays, waitReplicas, dataDir, limits } = conf
  if (redisUrl === undefined) return openEmbeddedStore({ dir: dataDir, retentionDays, log })
  return openRedisHubStore({
    url: redisUrl,
    retentionDays,
    waitReplicas,
    deadlineMs: limits.storeTimeoutMs,
    instance,
    log,
  })
}

/** The servers this hub knows of, from its store, and its own card among them: posts may be written here, too. */
async function openCards({ conf, log, store, self }: Pick<Parts, 'conf' | 'log' | 'store' | 'self'>): Promise<OwnCard> {
  const { identity, name } = self
  const keepMs = cardKeepMs(conf.retentionDays)
  const directory = new ServerDirectory({ selfId: identity.id, keepMs, now: self.now })
  await store.keepCards(directory)
  return new OwnCard({ identity, name, directory, now: self.now, log })
}

/** From the file of the config, or the one all instances share in the store. Waits for a store that is away. */
async function hubIdentity(
  conf: HubConf,
  store: HubStore,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<Identity> {
  if (conf.identityPath !== undefined) return identityFromPem(readFileSync(conf.identityPath, 'utf8'))
  const candidate = newIdentityPem()
  const pem = await storedPem(store, candidate)
  if (pem !== undefined) return identityFromPem(pem)
  log.warn(`waiting for the store: ${store.reason}`)
  const waiting = await answerWhileWaiting(conf, () => store.reason, log)
  try {
    for (;;) {
      await delay(storeRetryMs, undefined, { signal })
      const found = await storedPem(store, candidate)
      if (found !== undefined) return identityFromPem(found)
    }
  } finally {
    await waiting.close()
  }
}

/** Undefined while the store is away. */
async function storedPem(store: HubStore, candidate: string): Promise<string | undefined> {
  try {
    return await store.identityPem(candidate)
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined
    throw error
  }
}

function roomDirectory(store: HubStore): RoomDirectory {
  return {
    names: async () => (await store.rooms()).sort(),
    get: async room => ((await store.rooms()).includes(room) ? store.log(room) : undefined),
  }
}
