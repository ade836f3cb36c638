// One hub instance, put together from its config: store, links, HTTP. Knows how to start and how to leave in good order.
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { tellOfGaps } from '#common/alerts/gap-alerts.ts'
import { certificateFacts } from '#common/certificate-facts.ts'
import type { HubConf } from '#common/config/hub-conf.ts'
import { longestDays } from '#common/config/retention-conf.ts'
import type { Log } from '#common/log.ts'
import { OwnCard } from '#common/own-card.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { LiveLinks } from '#common/protocol/live-links.ts'
import { watchPreviousSecret } from '#common/protocol/previous-secret-watch.ts'
import { cardKeepMs, ServerDirectory } from '#common/server-directory.ts'
import { version } from '#common/version.ts'
import { createHubServer, type HubServerParts } from './http/hub-server.ts'
import { hubIdentity } from './hub-identity.ts'
import { openHubNetwork } from './network/hub-network.ts'
import { SpokeGate } from './spokes/spoke-gate.ts'
import { Spokes } from './spokes/spokes.ts'
import { openStore } from './store/open-store.ts'
import { startUpkeep } from './upkeep/start-upkeep.ts'

/** Spokes come back within this time after a drain, each at its own moment: a handshake takes a few ms of a core. */
const drainSpread = { msPerLink: 10, msMax: 5000 }
const drainWaitMs = 3000

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
    previousSecret: conf.previousSecret,
    now: Date.now,
    windowBytes: conf.limits.linkWindowBytes,
  }
  const links = new LiveLinks(log)
  const certificate = conf.tls && certificateFacts(conf.tls.cert)
  const unwatchSecret = watchPreviousSecret({ self, links, log })
  const ownCard = await openCards({ conf, log, store, self })
  const network = openHubNetwork({ conf, log, store, self, links, directory: ownCard.directory, certificate })
  const upkeep = await startUpkeep({ conf, log, store, now: self.now, certificate, network })
  const logOf = (room: string) => store.openLogs().find(postLog => postLog.room === room)
  tellOfGaps({ links, alerts: upkeep.alerts, logOf, log })
  const spokes = new Spokes({ store, links, log, instance, alerts: upkeep.alerts, bytes: upkeep.bytes })
  const onForgotten = (id: string) => network.forget(id)
  const gate = await SpokeGate.open({ enrol: conf.enrol, store, links, log, instance, onForgotten })
  const parts = { conf, log, store, self, links, spokes, gate, ownCard, certificate, upkeep, network }
  const app = await createHubServer(parts)
  const end = async () => {
    spokes.stop()
    ownCard.stop()
    unwatchSecret()
    await app.close()
    await gate.close()
    await upkeep.close()
    await network.close()
    await store.close()
  }
  try {
    await app.listen({ host: conf.listen.host, port: conf.listen.port })
  } catch (error) {
    // A database that is left open begins a new epoch.
    await end()
    throw error
  }
  const { port } = app.server.address() as AddressInfo
  log.info(
    `Hub "${conf.name}" ${version} listens on ${conf.listen.host}:${port} (id ${identity.id}, store ${conf.redis === undefined ? 'embedded' : 'Redis'})`,
  )
  return {
    port,
    stop: async () => {
      links.drain('the hub restarts', Math.min(links.size * drainSpread.msPerLink, drainSpread.msMax))
      const deadline = performance.now() + drainWaitMs
      while (links.size > 0 && performance.now() < deadline) await delay(20)
      await end()
    },
  }
}

/** The servers this hub knows of, from its store, and its own card among them: posts may be written here, too. */
async function openCards({
  conf,
  log,
  store,
  self,
}: Pick<HubServerParts, 'conf' | 'log' | 'store' | 'self'>): Promise<OwnCard> {
  const { identity, name } = self
  const keepMs = cardKeepMs(longestDays(conf.retention))
  const directory = new ServerDirectory({ selfId: identity.id, keepMs, now: self.now })
  await store.keepCards(directory)
  return new OwnCard({ identity, name, directory, now: self.now, log })
}
