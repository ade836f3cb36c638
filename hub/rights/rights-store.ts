// Where decisions about spokes are kept, for all instances of a hub and for the command line beside them.
import type { SpokeRights } from './rights.ts'

/** All methods: @throws StoreUnavailableError when the store is away or too slow. */
export interface RightsStore {
  /** It may come back without what it had: then those who know it write it again. */
  readonly losesWrites: boolean
  /** Another text after every change of any record; costs the same however many there are. */
  version(): Promise<string>
  /** Those that are forgotten included. */
  all(): Promise<SpokeRights[]>
  /**
   * Replaces the record of a spoke by what `change` makes of it, with nobody in between; `change` may be called again. It is on
   * disk, as far as the store promises that, when this resolves. @throws RequestError when there are 10,000 records
   */
  update(id: string, change: (before: SpokeRights | undefined) => SpokeRights): Promise<SpokeRights>
  /** Unless it has changed meanwhile. */
  remove(record: SpokeRights): Promise<void>
}
