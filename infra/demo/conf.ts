// The config files of the demo's programs, as an operator would write them, and the certificates they name.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CertificatePair, selfSignedCertificate } from '#common/certificate.ts'

/** The room of all cities that is on the air. */
export const airRoom = 'frontrange'
/** Another one, for programs: hundreds of posts a minute are nothing for a radio. */
export const deskRoom = 'desks'
export const rooms = [airRoom, deskRoom] as const
/** Longer than the time in which consoles warn of the end of a certificate. */
const days = 90
/** Where the hub stands, for the map of the console. */
const hubPlace = { latitude: 41.14, longitude: -104.82 }
/** For nodes. */
export const guestPassword = 'hello'

export interface HubConfOptions {
  name: string
  port: number
  secret: string
  /** Absent: the hub keeps its rooms in its own folder. */
  redisUrl: string | undefined
}

export interface CityConfOptions {
  name: string
  /** Degrees. */
  place: { latitude: number; longitude: number }
  ports: CityPorts
  secret: string
  /** Ports of the hub's instances, or of cables to them. */
  hubPorts: readonly number[]
  /** The next city of the ring, and its federation port or that of a cable to it. */
  peer: { name: string; port: number }
  /** The keys of [radio]. */
  radio: Readonly<Record<string, string | number>>
}

export interface CityPorts {
  federation: number
  status: number
  lines: number
}

/** The authority that signs every certificate of the demo. */
export function demoAuthority(): CertificatePair {
  return selfSignedCertificate({ commonName: 'MeshCore demo authority', names: [], days, authority: true })
}

/** Makes the folder of a program: config and private key for its owner only, a certificate of its own. Gives the config. */
export function writeProgramFolder(folder: string, ca: CertificatePair, conf: string): string {
  mkdirSync(folder, { mode: 0o700 })
  const { cert, key } = selfSignedCertificate({
    commonName: 'localhost',
    names: ['localhost', '127.0.0.1'],
    days,
    ca,
  })
  writeFileSync(join(folder, 'ca.crt'), ca.cert)
  writeFileSync(join(folder, 'server.crt'), cert)
  writeFileSync(join(folder, 'server.key'), key, { mode: 0o600 })
  const path = join(folder, 'program.conf')
  writeFileSync(path, conf, { mode: 0o600 })
  return path
}

/** hub.conf; relative paths start from its folder. */
export function hubConf({ name, port, secret, redisUrl }: HubConfOptions): string {
  const store = redisUrl === undefined ? '' : `redis_url = "${redisUrl}"\n`
  return `name = "${name}"
listen = "127.0.0.1:${port}"
tls_cert = "server.crt"
tls_key = "server.key"
data_dir = "data"
latitude = ${hubPlace.latitude}
longitude = ${hubPlace.longitude}
${store}federation_secret = "${secret}"
`
}

/** room.conf; relative paths start from its folder. */
export function cityConf({ name, place, ports, secret, hubPorts, peer, radio }: CityConfOptions): string {
  const hubs = hubPorts.map(
    port => `
[[federation.hubs]]
url = "wss://127.0.0.1:${port}/federation"
ca = "ca.crt"
`,
  )
  const radioKeys = Object.entries(radio).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
  return `[[rooms]]
name = "${name}"
federate_as = "${airRoom}"
guest_password = "${guestPassword}"
latitude = ${place.latitude}
longitude = ${place.longitude}

[[rooms]]
name = "${name} desks"
federate_as = "${deskRoom}"
rf = false
# Its people write faster than people.
author_posts_per_minute = 0

[radio]
${radioKeys.join('')}# A second instead of six, so that nobody has to wait for it.
push_hold_seconds = 1

[storage]
path = "room.db"

[clients]
lines_host = "127.0.0.1"
lines_port = ${ports.lines}

[federation]
enabled = true
federation_port = ${ports.federation}
federation_host = "127.0.0.1"
tls_cert = "server.crt"
tls_key = "server.key"
federation_secret = "${secret}"
status_endpoint = true
status_host = "127.0.0.1"
status_port = ${ports.status}
# A second instead of a minute, and of fifteen, so that nobody has to wait for the end of an outage, or for the direct links.
reconnect_max_seconds = 1
takeover_seconds = 1
${hubs.join('')}
[[federation.peers]]
name = "${peer.name}"
addr = "127.0.0.1:${peer.port}"
`
}
