// The edge's config, /etc/meshcore/room.conf: its keys, its rules, and the object the program works with.
import { dirname, join } from 'node:path'
import { nameBytesMax } from '../post-text.ts'
import { type AppConf, appWarnings, checkApps } from './apps-conf.ts'
import {
  type FileProbe,
  fileExists,
  identityProblem,
  readCertificates,
  readConfText,
  realFiles,
  resolvePath,
} from './conf-files.ts'
import { exposureWarnings, type RuleContext, readPem, readTlsPair, type TlsPair } from './conf-rules.ts'
import { defaultName, type HostPort } from './conf-values.ts'
import { type EdgeValues, edgeSchema, type FederationValues, federationSection } from './edge-keys.ts'
import { checkRadio, type RadioConf } from './radio-conf.ts'
import { checkShape } from './read-conf.ts'
import { checkRooms, type RoomConf } from './room-conf.ts'
import { checkSecrets, type SecretsConf } from './secret-conf.ts'
import { checkTokens, type TokensConf } from './tokens-conf.ts'

/** One way to the hub; several are alternatives for the same hub. */
export interface HubAddress {
  url: string
  /** PEM text of the authorities to trust instead of the system's. */
  ca?: string | undefined
  /** `sha256/` and the base64 SHA-256 of the certificate's public key (SPKI). */
  pin?: string | undefined
}

/** A room server linked to directly: at least one of `addr` and `id` is there. */
export interface PeerConf {
  /** As it is called in our log and status, whatever it calls itself. */
  name: string
  /** Where it is dialled; absent: it dials us. */
  addr?: HostPort | undefined
  /** Its public key in base64url; absent: whoever answers at `addr` at the first contact. */
  id?: string | undefined
}

export interface FederationConf extends SecretsConf {
  /** What other servers see. */
  serverName: string
  /** Where peers are accepted, if there is `tls`. */
  listen: HostPort
  /** Peers that are not in the config are let in when they prove the secret. */
  acceptUnknownPeers: boolean
  /** With a hub, peers ship only when it has been away for `takeoverMs` and up to as much again. */
  standby: boolean
  takeoverMs: number
  tls?: TlsPair | undefined
  hubs: HubAddress[]
  peers: PeerConf[]
  /** A sign of life on a link at least this often. */
  pingMs: number
  /** The longest wait between two tries to reach a server. */
  reconnectMaxMs: number
  /** What the line may carry a day, both ways; hubs warn of it. */
  wanBytesPerDay?: number | undefined
}

export interface ClientsConf extends TokensConf {
  /** 0: off. */
  linesPort: number
  linesHost: string
  apps: AppConf[]
}

export interface EdgeConf {
  file: string
  /** At least one. */
  rooms: RoomConf[]
  storagePath: string
  /** The PEM file of the server's Ed25519 key; it need not exist yet. */
  identityPath: string
  clients: ClientsConf
  /** Absent: no radio. */
  radio?: RadioConf | undefined
  /** Absent: the edge works alone. */
  federation?: FederationConf | undefined
  status?: HostPort | undefined
  /** For the operator, one sentence each; the edge can run all the same. */
  warnings: string[]
}

/** Reads and checks the config and the files it names. @throws ConfigError with every fault. */
export function readEdgeConf(path: string): EdgeConf {
  return parseEdgeConf(readConfText(path, realFiles), path, realFiles)
}

/** As readEdgeConf, for a text that stands in `file`. @throws ConfigError with every fault. */
export function parseEdgeConf(text: string, file: string, files: FileProbe): EdgeConf {
  const { value, faults } = checkShape(edgeSchema, text, file)
  const context = { file, files, faults }
  const rooms = checkRooms(context, value)
  const serverName = value.federation?.server_name ?? rooms[0]?.name ?? defaultName(nameBytesMax)
  const federation = value.federation?.enabled ? checkFederation(context, value.federation, serverName) : undefined
  const identityPath = checkIdentity(context, value)
  const radio = checkRadio(
    context,
    value.radio,
    rooms.map(({ federateAs }) => federateAs),
  )
  const apps = checkApps(context, value.clients.apps, value.storage.path)
  const tokens = checkTokens(context, value.clients)
  checkPorts(context, value, apps)
  faults.throwIfAny()
  const { lines_port: linesPort, lines_host: linesHost } = value.clients
  const { status_endpoint, status_host, status_port } = value.federation ?? federationSection.parse({})
  return {
    file,
    rooms,
    storagePath: resolvePath(file, value.storage.path),
    identityPath,
    clients: { linesPort, linesHost, ...tokens, apps },
    radio,
    federation,
    status: status_endpoint ? { host: status_host, port: status_port } : undefined,
    warnings: [...warningsFor(context, value, federation), ...appWarnings(apps, rooms)],
  }
}

function checkFederation(context: RuleContext, values: FederationValues, serverName: string): FederationConf {
  const secrets = checkSecrets(context, ['federation'], values)
  const tls = readTlsPair(context, ['federation'], values)
  if (values.peers.length > 0 && values.tls_cert === undefined && values.tls_key === undefined) {
    const reason =
      'is required with [[federation.peers]]: peers dial this server too, and only over TLS; meshcore-room keygen makes both'
    context.faults.add(['federation', 'tls_cert'], reason)
    context.faults.add(['federation', 'tls_key'], reason)
  }
  const hubs = values.hubs.map((hub, index) => checkHub(context, hub, index))
  const peers = checkPeers(context, values.peers)
  const { ping_seconds, reconnect_max_seconds, takeover_seconds, wan_cap_mb } = values
  return {
    ...secrets,
    serverName,
    listen: { host: values.federation_host, port: values.federation_port },
    acceptUnknownPeers: values.accept_unknown_peers,
    standby: hubs.length > 0 && values.peers_with_hub === 'standby',
    takeoverMs: takeover_seconds * 1000,
    tls,
    hubs,
    peers,
    pingMs: ping_seconds * 1000,
    reconnectMaxMs: reconnect_max_seconds * 1000,
    wanBytesPerDay: wan_cap_mb === undefined ? undefined : Math.round(wan_cap_mb * 1e6),
  }
}

function checkHub(context: RuleContext, hub: FederationValues['hubs'][number], index: number): HubAddress {
  const path = ['federation', 'hubs', index]
  const url = hub.url ?? ''
  if (url === '') context.faults.add([...path, 'url'], 'is required, like wss://hub.example.com:8443/federation')
  if (hub.ca !== undefined && hub.pin !== undefined)
    context.faults.add([...path, 'pin'], 'give either ca or pin, not both')
  if (url.startsWith('ws:') && (hub.ca ?? hub.pin) !== undefined) {
    context.faults.add([...path, hub.ca === undefined ? 'pin' : 'ca'], 'has no meaning with ws://; write wss:// in url')
  }
  return { url, ca: readPem(context, { path: [...path, 'ca'], named: hub.ca, read: readCertificates }), pin: hub.pin }
}

function checkPeers({ faults }: RuleContext, peers: FederationValues['peers']): PeerConf[] {
  const seen = new Set<string>()
  const once = (path: (string | number)[], what: string, value: string) => {
    if (seen.has(`${what} ${value}`)) faults.add([...path, what], 'is that of another peer above; change or remove one')
    seen.add(`${what} ${value}`)
  }
  return peers.map(({ name = '', addr, id }, index) => {
    const path = ['federation', 'peers', index]
    if (name === '') faults.add([...path, 'name'], 'is required: the name of that server in the log')
    else once(path, 'name', name)
    if (addr !== undefined) once(path, 'addr', `${addr.host.toLowerCase()} ${addr.port}`)
    if (id !== undefined) once(path, 'id', id)
    if (addr === undefined && id === undefined)
      faults.add([...path, 'addr'], 'is required, like cityb.example.com:5001; or the id of a peer that dials us')
    return { name, addr, id }
  })
}

function checkIdentity({ file, files, faults }: RuleContext, { federation, storage }: EdgeValues): string {
  const path = resolvePath(file, federation?.identity ?? join(dirname(storage.path), 'identity.pem'))
  const problem = fileExists(path, files) ? identityProblem(path, files) : undefined
  if (problem !== undefined) faults.add(['federation', 'identity'], problem)
  return path
}

/** Two servers cannot listen on one port; those that are off do not count. */
function checkPorts(
  { faults }: RuleContext,
  { clients, federation }: EdgeValues,
  apps: readonly { port: number }[],
): void {
  const { enabled, tls_cert, federation_port, status_endpoint, status_port } = federation ?? federationSection.parse({})
  const ports = [
    { path: ['federation', 'federation_port'], port: enabled && tls_cert !== undefined ? federation_port : 0 },
    { path: ['federation', 'status_port'], port: status_endpoint ? status_port : 0 },
    { path: ['clients', 'lines_port'], port: clients.lines_port },
    ...apps.map(({ port }, index) => ({ path: ['clients', 'apps', index, 'port'], port })),
  ].filter(({ port }) => port !== 0)
  for (const [index, { path, port }] of ports.entries()) {
    const other = ports.slice(0, index).find(earlier => earlier.port === port)
    if (other !== undefined) faults.add(path, `is the port of ${other.path.join('.')} too; choose another`)
  }
}

function warningsFor(context: RuleContext, values: EdgeValues, federation: FederationConf | undefined): string[] {
  const rooms = values.rooms ?? [values.room]
  const { api_token, operator_token, viewer_token } = values.clients
  const secrets = [values.federation?.federation_secret, values.radio?.room?.password].concat(
    [api_token, operator_token, viewer_token],
    rooms.flatMap(room => [room?.admin_password, room?.guest_password]),
  )
  const holdsSecrets = secrets.some(secret => secret !== undefined)
  const idle = federation && !federation.tls && federation.hubs.length + federation.peers.length === 0
  return [
    ...exposureWarnings(context, holdsSecrets),
    ...(idle ? ['[federation] is enabled, but there is no hub, no peer, and no tls_cert to accept peers with'] : []),
  ]
}
