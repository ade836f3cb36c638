// The keys of the edge's config with their defaults and limits; edge-conf.ts has the rules between them.
import { z } from 'zod'
import { appSection } from './apps-conf.ts'
import {
  decimal,
  filePath,
  flag,
  hostPort,
  hostText,
  linkUrl,
  portNumber,
  section,
  sections,
  serverId,
  shownName,
  textWith,
  whole,
} from './conf-values.ts'
import { radioSection } from './radio-conf.ts'
import { roomSection } from './room-conf.ts'
import { secretKeys } from './secret-conf.ts'
import { tokenKeys } from './tokens-conf.ts'

const roomsMax = 64
const hubsMax = 8
const peersMax = 64
const appsMax = 64
const serverNameBytesMax = 64

const hubSection = section({
  url: linkUrl().optional(),
  ca: filePath().optional(),
  pin: textWith(text =>
    /^sha256\/[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text)
      ? undefined
      : 'must be sha256/ and the 44 base64 characters of the SHA-256 of the public key in the certificate of the hub',
  ).optional(),
})

const peerSection = section({
  name: shownName(serverNameBytesMax).optional(),
  addr: hostPort(1, 'cityb.example.com:5001').optional(),
  id: serverId().optional(),
})

export const federationSection = section({
  enabled: flag().default(true),
  federation_port: portNumber().default(5001),
  federation_host: hostText().default('0.0.0.0'),
  accept_unknown_peers: flag().default(true),
  peers_with_hub: z.enum(['standby', 'always'], { error: 'must be "standby" or "always"' }).default('standby'),
  takeover_seconds: whole(1, 3600).default(15),
  tls_cert: filePath().optional(),
  tls_key: filePath().optional(),
  ...secretKeys,
  server_name: shownName(serverNameBytesMax).optional(),
  identity: filePath().optional(),
  status_endpoint: flag().default(true),
  status_port: portNumber().default(5002),
  status_host: hostText().default('0.0.0.0'),
  ping_seconds: whole(1, 120).default(20),
  reconnect_max_seconds: whole(1, 600).default(60),
  wan_cap_mb: decimal(0.1, 10_000_000).optional(),
  hubs: sections(hubSection, hubsMax).default([]),
  peers: sections(peerSection, peersMax).default([]),
})

export const edgeSchema = section({
  room: roomSection.optional(),
  rooms: sections(roomSection, roomsMax).optional(),
  storage: section({ path: filePath().default('/var/lib/meshcore/room.db') }).prefault({}),
  clients: section({
    lines_port: portNumber(0).default(5003),
    lines_host: hostText().default('0.0.0.0'),
    ...tokenKeys,
    apps: sections(appSection, appsMax).default([]),
  }).prefault({}),
  radio: radioSection.optional(),
  federation: federationSection.optional(),
})

export type EdgeValues = z.output<typeof edgeSchema>
export type FederationValues = z.output<typeof federationSection>
