// Which servers may link with us, by which name we call them, and the key of each: pinned at the first contact, and no other taken after it.
import type { CertificateFacts } from '#common/certificate-facts.ts'
import { type HostPort, hostPortText } from '#common/config/conf-values.ts'
import type { PeerConf } from '#common/config/edge-conf.ts'
import { LinkError, RequestError } from '#common/errors.ts'
import { LineBudget } from '#common/line-budget.ts'
import type { Log } from '#common/log.ts'
import { NewestSet } from '#common/newest.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'
import { strangerName } from './peer-names.ts'
import type { PeerRecord, PeerRecords } from './peer-records.ts'
import { isMeant, type Refusal, refusals } from './peer-refusals.ts'
import { changedLine, keyRefusal, notAmongPeers, serverRefusal } from './peer-words.ts'

/** A server that was seen is noted at most so often: each time is a write to the disk. */
const seenMs = 24 * 3_600_000
/** Strangers that are remembered as spoken of, and lines about new ones. */
const announcedMax = 1000
const announcedPerMinute = 30

export interface KnownPeersOptions {
  selfName: string
  peers: readonly PeerConf[]
  acceptUnknown: boolean
  records: PeerRecords
  log: Log
  /** Unix ms. */
  now: () => number
}

/** A proved server at the other end of a connection. */
export interface ProvedPeer {
  id: string
  /** As it calls itself. */
  name: string
  certificate: CertificateFacts | undefined
  /** Where it was dialled; absent: it has dialled us. */
  at?: PeerConf | undefined
}

/** A peer as the command line lists it. */
export interface PeerReport {
  name: string
  /** Empty before the first contact. */
  id: string
  /** host:port of the config. */
  address: string | null
  certificate: CertificateFacts | null
  /** ISO time. */
  pinnedAt: string | null
  /** Every server may have the same list of peers: this entry is the server itself. */
  isSelf: boolean
  /** What it shows instead of what is known of it, in words. */
  refused: string | null
}

export class KnownPeers {
  readonly #o: KnownPeersOptions
  /** Ids of strangers that were spoken of in the log. */
  readonly #announced = new NewestSet<string>(announcedMax)
  /** host:port of peers of the config that have turned out to be this server. */
  readonly #own = new Set<string>()
  readonly #announcements = new LineBudget(announcedPerMinute)
  readonly #isConfigured = (id: string) => this.isConfigured(id)

  constructor(options: KnownPeersOptions) {
    this.#o = options
  }

  /** Who answered at this address last, or is to; undefined before the first contact. */
  idAt({ addr, id }: PeerConf): string | undefined {
    return id ?? (addr && this.#o.records.address(hostPortText(addr))?.id)
  }

  /** The one pinned, as last shown. */
  certificateOf(id: string): CertificateFacts | undefined {
    return this.#o.records.peer(id)?.certificate ?? undefined
  }

  /** True when that is news. */
  noteSelf(addr: HostPort): boolean {
    const key = hostPortText(addr)
    if (this.#own.has(key)) return false
    this.#own.add(key)
    return true
  }

  isSelf({ addr }: PeerConf): boolean {
    return addr !== undefined && this.#own.has(hostPortText(addr))
  }

  /** Somebody is in the config, or was ever linked. */
  hasAny(): boolean {
    return this.#o.peers.length > 0 || this.#o.records.size > 0
  }

  /** Named in the config, by its id or by an address at which it has answered. */
  isConfigured(id: string): boolean {
    return this.#o.peers.some(conf => this.idAt(conf) === id)
  }

  /** Configured, or linked before. */
  isKnown(id: string): boolean {
    return this.isConfigured(id) || this.#o.records.peer(id) !== undefined
  }

  mayLink(id: string): boolean {
    return this.#o.acceptUnknown || this.isConfigured(id)
  }

  /** The name of the config, or else its own, with the begin of its id when that is the name of another. */
  nameOf(id: string, ownName: string): string {
    const { peers } = this.#o
    const configured = peers.find(conf => this.idAt(conf) === id)
    if (configured !== undefined) return configured.name
    const met = peers.filter(conf => this.idAt(conf) !== undefined)
    return strangerName(ownName, id, [this.#o.selfName, ...met.map(({ name }) => name)])
  }

  /** Takes in a server that has proved itself, and pins its key at the first contact. @throws LinkError when it must not link */
  admit(peer: ProvedPeer): void {
    if (peer.at !== undefined) this.#admitAt(peer, peer.at)
    else if (!this.mayLink(peer.id)) throw new LinkError(closeCodes.revoked, notAmongPeers)
    this.#admitKey(peer)
    this.#announce(peer)
  }

  /** Who was refused for this key before is so at once: a link that is proved and ends would come anew with every try. @throws LinkError */
  refuseAgain(id: string, pin: string | undefined): void {
    const record = this.#o.records.peer(id)
    if (record?.refused === undefined || record.refused.certificate.pin !== pin) return
    throw keyRefusal(this.nameOf(id, record.name), id)
  }

  /**
   * Takes the key that `name` (or an id, or its begin) shows now for the right one. Says what `by` has done so.
   * @throws RequestError, also when several servers may be meant
   */
  trust(name: string, by: string): string[] {
    const meant = this.#refusals().filter(refusal => isMeant(name, refusal))
    const ids = new Set(meant.map(({ id }) => id))
    if (ids.size > 1)
      throw new RequestError(409, 'ambiguous', `"${name}" may mean several servers; say which: ${[...ids].join(', ')}`)
    const done = meant.map(({ accept }) => accept())
    for (const line of done) this.#o.log.warn(`${line} (said by ${by})`)
    if (done.length > 0) return done
    const isKnown = this.report().some(peer => isMeant(name, peer))
    if (isKnown) throw new RequestError(409, 'nothing_refused', `nothing of "${name}" is refused`)
    throw new RequestError(404, 'unknown_peer', `no peer is called "${name}"; see: meshcore-room peers`)
  }

  /** All peers of the config, and all others that were ever linked. */
  report(): PeerReport[] {
    const { peers, records } = this.#o
    const configured = peers.map(conf => this.#reportOf(conf.name, { conf }))
    const others = records.peers().filter(({ id }) => !this.isConfigured(id))
    return [...configured, ...others.map(record => this.#reportOf(this.nameOf(record.id, record.name), { record }))]
  }

  #reportOf(name: string, { conf, record }: { conf?: PeerConf; record?: PeerRecord }): PeerReport {
    const { records } = this.#o
    const id = conf === undefined ? record?.id : this.idAt(conf)
    const known = id === undefined ? undefined : records.peer(id)
    const address = conf?.addr && records.address(hostPortText(conf.addr))
    return {
      name,
      id: id ?? '',
      address: conf?.addr === undefined ? null : hostPortText(conf.addr),
      certificate: known?.certificate ?? null,
      pinnedAt: known === undefined ? null : new Date(known.pinnedAt).toISOString(),
      isSelf: conf !== undefined && this.isSelf(conf),
      refused:
        (address?.refused && `another server answers there: id ${address.refused.id}`) ??
        (known?.refused && `shows another key: ${known.refused.certificate.pin}`) ??
        null,
    }
  }

  #admitAt({ id }: ProvedPeer, { name, addr, id: wanted }: PeerConf): void {
    if (wanted !== undefined && wanted !== id)
      throw new LinkError(closeCodes.revoked, `has id ${id}, the config says ${wanted}`)
    if (addr === undefined) return
    const { records, now, log } = this.#o
    const key = hostPortText(addr)
    const known = records.address(key)
    if (wanted !== undefined || known === undefined || known.id === id) {
      if (known?.id !== id || known.refused !== undefined) records.setAddress(key, { id })
      return
    }
    if (known.refused?.id !== id) {
      records.setAddress(key, { ...known, refused: { id, at: now() } })
      log.warn(changedLine(name, { what: 'server', before: `id ${known.id}`, after: `id ${id}`, id }))
    }
    throw serverRefusal(name, id, key)
  }

  #admitKey({ id, name: ownName, certificate }: ProvedPeer): void {
    const { records, now, log } = this.#o
    const known = records.peer(id)
    const name = this.nameOf(id, ownName)
    const pin = known?.certificate?.pin
    if (pin === undefined || pin === certificate?.pin)
      return this.#keep({ id, name: ownName, certificate: certificate ?? null }, known)
    if (known === undefined || certificate === undefined)
      throw new LinkError(closeCodes.revoked, 'shows no certificate, and has shown one before')
    if (known.refused?.certificate.pin !== certificate.pin) {
      records.setPeer({ ...known, refused: { certificate, at: now() } }, this.#isConfigured)
      log.warn(changedLine(name, { what: 'key', before: pin, after: certificate.pin, id }))
    }
    throw keyRefusal(name, id)
  }

  #keep(seen: Pick<PeerRecord, 'id' | 'name' | 'certificate'>, known: PeerRecord | undefined): void {
    const { records, now } = this.#o
    const at = now()
    const isNews =
      known === undefined ||
      known.name !== seen.name ||
      known.refused !== undefined ||
      known.certificate?.validTo !== seen.certificate?.validTo ||
      at - known.seenAt > seenMs
    const isPinned = known?.certificate?.pin === seen.certificate?.pin
    if (!isNews) return
    records.setPeer({ ...seen, pinnedAt: isPinned ? (known?.pinnedAt ?? at) : at, seenAt: at }, this.#isConfigured)
  }

  #announce({ id, name, at }: ProvedPeer): void {
    if (at !== undefined || this.isConfigured(id) || this.#announced.has(id)) return
    this.#announced.add(id)
    const line = `"${this.nameOf(id, name)}" (id ${id}) is not known here yet; it has proved the secret and is let in (accept_unknown_peers)`
    this.#announcements.write(line, text => this.#o.log.info(text))
  }

  #refusals(): Refusal[] {
    const { peers, records, now } = this.#o
    const nameOf = ({ id, name }: PeerRecord) => this.nameOf(id, name)
    return refusals({ peers, records, now, nameOf, keep: record => records.setPeer(record, this.#isConfigured) })
  }
}
