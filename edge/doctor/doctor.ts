// Looks at everything that an edge needs, all at once, and puts what was found in the order in which a person should read it.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, type StatsFs, statSync } from 'node:fs'
import { hostPortText } from '#common/config/conf-values.ts'
import type { EdgeConf, FederationConf } from '#common/config/edge-conf.ts'
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { releasedAt, version } from '#common/version.ts'
import type { PeerReport } from '../links/known-peers.ts'
import { certificateFindings } from './certificate-check.ts'
import { clockFindings } from './clock-check.ts'
import { configFindings, type Reader } from './config-check.ts'
import { within } from './deadline.ts'
import { diskFindings } from './disk-check.ts'
import type { Finding } from './finding.ts'
import { lookAtDisk } from './look-at-disk.ts'
import { type Network, realNetwork } from './network.ts'
import { ownPortFindings } from './own-port-check.ts'
import { askPeers, peersFindings } from './peers-check.ts'
import { ownPorts, portFindings } from './port-check.ts'
import { portSeenFindings, runningRadioFindings } from './radio-check.ts'
import { askServer, configAgeFindings, type ServerSeen, serverFindings } from './server-check.ts'
import { type Examined, examineTarget, federationOutlook } from './target-check.ts'
import { type Target, targetsOf } from './targets.ts'

const askMs = 4000
const radioMs = 8000

export interface DoctorOptions {
  reader: Reader
  /** Reads the whole database. */
  deep: boolean
  signal: AbortSignal
  /** Default: the system's. */
  statfs?: (path: string) => Pick<StatsFs, 'type' | 'bsize' | 'bavail'>
  network?: Network
}

/** Looks only: a running server and its links go on undisturbed. */
export async function examine(conf: EdgeConf, options: DoctorOptions): Promise<Finding[]> {
  const { signal, reader, deep, statfs } = options
  const seen = await within(askMs, signal, late => askServer(conf, late)).catch((): ServerSeen => ({ kind: 'hung' }))
  const status = seen.kind === 'running' ? seen.status : undefined
  const isRunning = seen.kind !== 'away'
  const own = ownIdentity(conf)
  const network = options.network ?? realNetwork(conf.federation?.tls, signal)
  const peers = await within(askMs, signal, () => askPeers(conf, status)).catch((): PeerReport[] => [])
  const [examined, ports, radio] = await Promise.all([
    examineTargets(conf, { own, peers, network, signal }),
    checkPorts(conf, { seen, network, signal }),
    checkRadio(conf, { seen, reader, signal }),
  ])
  const clocks = examined.flatMap(one => one.clocks)
  const now = Date.now()
  return [
    ...configFindings(conf, reader, isRunning),
    ...serverFindings(conf, seen, own?.id),
    ...(status === undefined ? [] : configAgeFindings(statSync(conf.file).mtimeMs, status, now)),
    ...clockFindings({ now, releasedAt, systemOffMs: status?.clock.systemOffMs, others: clocks }),
    ...certificateFindings(conf.federation?.tls, now),
    ...ports,
    ...examined.flatMap(one => one.findings),
    ...peersFindings(conf, status, peers),
    ...federationOutlook(examined, conf.federation?.takeoverMs ?? 0, status?.peers),
    ...radio,
    ...diskFindings(lookAtDisk(conf, { isRunning, deep, statfs })),
  ]
}

interface TargetsParts {
  own: Identity | undefined
  peers: readonly PeerReport[]
  network: Network
  signal: AbortSignal
}

async function examineTargets(
  { federation, rooms }: EdgeConf,
  { own, peers, network, signal }: TargetsParts,
): Promise<Examined[]> {
  if (federation === undefined) return []
  const self = selfOf(federation, own)
  const parts = { self, rooms: rooms.map(({ federateAs }) => federateAs), network, signal }
  const isSelf = ({ host, port }: Target) =>
    peers.some(peer => peer.isSelf && peer.address === hostPortText({ host, port }))
  const targets = targetsOf(federation).filter(target => !isSelf(target))
  return Promise.all(targets.map(target => examineTarget(target, parts)))
}

/** Who has never run has no identity yet, and none is made here. */
function selfOf({ serverName, secret, previousSecret }: FederationConf, own: Identity | undefined): Self {
  return {
    identity: own ?? identityFromPem(newIdentityPem()),
    name: serverName,
    role: 'edge',
    software: `meshcore-room/${version}`,
    boot: randomBytes(9).toString('base64url'),
    secret,
    previousSecret,
    now: Date.now,
  }
}

function ownIdentity({ identityPath }: EdgeConf): Identity | undefined {
  if (!existsSync(identityPath)) return undefined
  try {
    return identityFromPem(readFileSync(identityPath, 'utf8'))
  } catch {
    return undefined
  }
}

async function checkPorts(
  conf: EdgeConf,
  { seen, network, signal }: { seen: ServerSeen; network: Network; signal: AbortSignal },
): Promise<Finding[]> {
  if (seen.kind === 'away') return portFindings(ownPorts(conf))
  if (seen.kind !== 'running' || conf.federation === undefined) return []
  const stranger = { ...selfOf(conf.federation, undefined), name: 'doctor' }
  return ownPortFindings(conf.federation, { stranger, id: seen.status.id, network, signal })
}

async function checkRadio(
  { radio }: EdgeConf,
  { seen, reader, signal }: { seen: ServerSeen; reader: Reader; signal: AbortSignal },
): Promise<Finding[]> {
  if (radio === undefined) return []
  if (seen.kind === 'running') return runningRadioFindings(radio, seen.status.radio)
  // Two programs at one port disturb each other.
  if (seen.kind !== 'away') return []
  // It needs serialport, which few who have no radio have.
  const { lookAtPort } = await import('./look-at-port.ts')
  const look = await within(radioMs, signal, late => lookAtPort(radio, late)).catch(
    () => ({ kind: 'silent', reason: 'does not answer in time' }) as const,
  )
  return portSeenFindings(radio, look, reader.user)
}
