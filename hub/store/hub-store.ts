// What a hub needs of its store, in Redis or embedded: the rooms' logs, a clock for its own posts, and who it knows.
import type { AlertStore } from '#common/alerts/alerts.ts'
import type { PostLog } from '#common/post-log.ts'
import type { GuardStore } from '#common/protocol/link-guard.ts'
import type { ServerDirectory } from '#common/server-directory.ts'
import type { Registry } from '../registry/registry.ts'
import type { AuditTrail } from '../rights/audit.ts'
import type { RightsStore } from '../rights/rights-store.ts'
import type { TrafficStore } from '../upkeep/byte-ledger.ts'
import type { Job, Upkeep } from '../upkeep/job.ts'
import type { JobRunner } from '../upkeep/job-run.ts'
import type { Notes } from './notes.ts'

export interface HubStore {
  /** Posts can be stored, as far as known; in a Redis Cluster, if only in some of the rooms. */
  readonly ready: boolean
  /** Why it is not ready, or what part of it is away; empty when all is well. */
  readonly reason: string
  readonly registry: Registry
  readonly rights: RightsStore
  readonly audit: AuditTrail
  readonly guardStore: GuardStore
  readonly notes: Notes
  /** What spokes have told of themselves, and how they were in the last day: apart, for they are many. */
  readonly reports: Notes
  readonly samples: Notes
  readonly alerts: AlertStore
  readonly traffic: TrafficStore
  /** Posts accepted and not yet stored. */
  readonly depth: number
  /** Logs this instance has open, in the order in which they were opened. */
  openLogs(): readonly PostLog[]
  /** The log of a room; creates the room where it is new. @throws StoreUnavailableError */
  log(room: string): Promise<PostLog>
  /** All rooms, whoever created them. @throws StoreUnavailableError */
  rooms(): Promise<string[]>
  /** The time for the hub's next own post (Unix ms), strictly increasing. @throws StoreUnavailableError */
  nextAt(now: number): Promise<number>
  /** The PEM of the hub's identity: the kept one, or `candidate`, which is kept from now on. @throws StoreUnavailableError */
  identityPem(candidate: string): Promise<string>
  /** Tells all instances that `link` is the newest of a spoke. @throws StoreUnavailableError */
  publishFence(spokeId: string, link: string): Promise<void>
  /** Reads the kept server cards into `directory`, and keeps it and those of all instances the same until `close`. */
  keepCards(directory: ServerDirectory): Promise<void>
  onFence(listener: (spokeId: string, link: string) => void): void
  /** Has these jobs run, each at one instance of all at a time. Close the upkeep before the store. */
  startJobs(jobs: readonly Job[], runner: JobRunner): Promise<Upkeep>
  /** Somebody, maybe on the command line, says that rights of spokes have changed; it may go unheard. */
  onRights(listener: () => void): void
  close(): Promise<void>
}
