// The net as this hub knows it, put together: what spokes tell, the picture of all cities, their last day, the way of a post.
import { type CertificateFacts, daysLeft } from '#common/certificate-facts.ts'
import type { HubConf } from '#common/config/hub-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import type { NetworkSource } from '#common/http/network-routes.ts'
import type { Log } from '#common/log.ts'
import type { City, NetworkServer } from '#common/network.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LiveLinks } from '#common/protocol/live-links.ts'
import type { ServerDirectory } from '#common/server-directory.ts'
import { version } from '#common/version.ts'
import { hubReadiness } from '../http/hub-status.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Job } from '../upkeep/job.ts'
import { deliveriesOf } from './deliveries.ts'
import { NetworkPicture } from './network-picture.ts'
import { NetworkTexts } from './network-text.ts'
import { readSamples, sampleKeys } from './samples.ts'
import { samplesJob } from './samples-job.ts'
import { SpokeReports } from './spoke-reports.ts'

export interface HubNetworkParts {
  conf: Pick<HubConf, 'enrol' | 'redis' | 'position'>
  log: Log
  store: HubStore
  self: Self
  links: LiveLinks
  directory: ServerDirectory
  /** Of this hub; undefined behind a proxy. */
  certificate: CertificateFacts | undefined
}

export interface HubNetwork {
  readonly reports: SpokeReports
  readonly picture: NetworkPicture
  readonly jobs: readonly Job[]
  readonly source: NetworkSource
  /** As they are now. @throws StoreUnavailableError */
  readonly cities: () => Promise<readonly City[]>
  /** Lets go of what is kept of a spoke. Never throws. */
  forget(id: string): Promise<void>
  /** Writes the rest. */
  close(): Promise<void>
}

export function openHubNetwork(parts: HubNetworkParts): HubNetwork {
  const { conf, log, store, self, links } = parts
  const hubId = self.identity.id
  const { now } = self
  const isLinked = (id: string) => links.get(id) !== undefined
  const reports = new SpokeReports({ notes: store.reports, isShared: conf.redis !== undefined, isLinked, log, now })
  const picture = new NetworkPicture({ store, enrol: conf.enrol, reports, hubId, now })
  return {
    reports,
    picture,
    jobs: [samplesJob({ picture, reports, samples: store.samples, now })],
    source: sourceOf(parts, { reports, picture }),
    cities: async () => (await picture.get()).cities.map(({ city }) => city),
    forget: async id => {
      try {
        await store.samples.remove(...sampleKeys(id))
        await reports.forget([id])
      } catch (error) {
        // The job that takes samples does it later.
        if (!(error instanceof StoreUnavailableError)) log.error({ err: error }, 'a spoke could not be forgotten')
      }
    },
    close: () => reports.close(),
  }
}

type Known = Pick<HubNetwork, 'reports' | 'picture'>

function sourceOf(parts: HubNetworkParts, { reports, picture }: Known): NetworkSource {
  const { store, self, directory, links } = parts
  const server = serverFacts(parts)
  const texts = new NetworkTexts()
  return {
    network: async since => texts.get(await picture.get(), { server: server(), directory, since }),
    history: async ids => ({ samples: await readSamples(store.samples, ids, self.now()) }),
    deliveries: async (log, entry) => ({
      ...{ guid: entry.guid, room: log.room },
      storedAt: { id: self.identity.id, name: self.name, receivedAt: entry.receivedAt },
      cities: await deliveriesOf(
        { log, entry },
        {
          spokes: (await picture.get()).spokes,
          reportOf: id => reports.get(id),
          histories: picture.histories,
          ackedOf: id => links.get(id)?.settledByRoom(),
        },
      ),
    }),
  }
}

function serverFacts({ conf, store, links, self, certificate }: HubNetworkParts): () => NetworkServer {
  const startedAt = performance.now()
  const { identity, name, role } = self
  return () => ({
    ...{ id: identity.id, name, role, version },
    uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
    reasons: hubReadiness({ links, store }).reasons,
    certificateDays: certificate === undefined ? null : daysLeft(certificate, self.now()),
    position: conf.position ?? null,
  })
}
