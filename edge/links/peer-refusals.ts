// What of peers is refused until somebody says that it is right: another server at an address, another key of a server.
import { hostPortText } from '#common/config/conf-values.ts'
import type { PeerConf } from '#common/config/edge-conf.ts'
import type { PeerRecord, PeerRecords } from './peer-records.ts'

const idGivenMin = 6

/** `id` is the server that is to be trusted. */
export interface Refusal {
  name: string
  id: string
  /** Takes it for right, and says what was done. */
  accept: () => string
}

export interface RefusalsOptions {
  peers: readonly PeerConf[]
  records: PeerRecords
  nameOf: (record: PeerRecord) => string
  /** Writes a record down. */
  keep: (record: PeerRecord) => void
  /** Unix ms. */
  now: () => number
}

export function refusals(options: RefusalsOptions): Refusal[] {
  return [...refusedServers(options), ...refusedKeys(options)]
}

/** By its name, its id, or the begin of that. */
export function isMeant(wanted: string, { name, id }: { name: string; id: string }): boolean {
  return wanted === name || (wanted.length >= idGivenMin && id.startsWith(wanted))
}

function refusedServers({ peers, records }: RefusalsOptions): Refusal[] {
  return peers.flatMap(({ name, addr }) => {
    const key = addr && hostPortText(addr)
    const refused = key === undefined ? undefined : records.address(key)?.refused
    if (key === undefined || refused === undefined) return []
    const { id } = refused
    const accept = () => {
      records.setAddress(key, { id })
      return `"${name}" at ${key} is the server with id ${id} from now on`
    }
    return [{ name, id, accept }]
  })
}

function refusedKeys({ records, nameOf, keep, now }: RefusalsOptions): Refusal[] {
  return records.peers().flatMap(record => {
    const { id, refused } = record
    if (refused === undefined) return []
    const name = nameOf(record)
    const { certificate } = refused
    const accept = () => {
      keep({ ...record, certificate, pinnedAt: now(), refused: undefined })
      return `the key of "${name}" is ${certificate.pin} from now on`
    }
    return [{ name, id, accept }]
  })
}
