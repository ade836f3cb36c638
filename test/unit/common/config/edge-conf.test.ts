// room.conf: defaults, every key, and what becomes of it.
import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { type EdgeConf, parseEdgeConf } from '#common/config/edge-conf.ts'
import type { KissConf } from '#common/config/radio-conf.ts'
import { radioPresets } from '#common/config/radio-presets.ts'
import { type FakeFile, fakeFiles, faultsOf, identityPem, pair, places, secret } from './fake-files.ts'

const file = '/etc/meshcore/room.conf'
const parse = (text: string, more: Record<string, FakeFile> = {}): EdgeConf =>
  parseEdgeConf(text, file, fakeFiles(more))
const faults = (text: string, more: Record<string, FakeFile> = {}) => faultsOf(() => parse(text, more))
const federation = `[federation]\nfederation_secret = "${secret}"\n`
const tls = 'tls_cert = /etc/meshcore/tls/server.crt\ntls_key = /etc/meshcore/tls/server.key\n'

test('an empty config is a room that works alone', () => {
  assert.deepEqual(parse(''), {
    file,
    rooms: [
      {
        name: hostname().slice(0, 32),
        federateAs: 'main',
        adminPassword: undefined,
        guestPassword: undefined,
        allowReadOnly: false,
        retentionDays: 30,
        authorPostsPerMinute: 10,
        identityPath: '/var/lib/meshcore/room-main.key',
        rf: true,
        position: undefined,
      },
    ],
    radio: undefined,
    storagePath: '/var/lib/meshcore/room.db',
    identityPath: '/var/lib/meshcore/identity.pem',
    clients: {
      linesPort: 5003,
      linesHost: '0.0.0.0',
      apiToken: undefined,
      operatorToken: undefined,
      viewerToken: undefined,
      apps: [],
    },
    federation: undefined,
    status: { host: '0.0.0.0', port: 5002 },
    warnings: [],
  })
})

test('every key', () => {
  const text = `[room]
name = "City A"
federate_as = "frontrange"
admin_password = "admin-pw"
guest_password = "hello"
allow_read_only = true
retention_days = 7
[storage]
path = /data/room.db
[clients]
lines_port = 0
lines_host = "::1"
api_token = "abcdefghijklmnopqrstuvwx"
operator_token = "an-operator's-own-token-1"
viewer_token = "a-viewer's-own-token-0001"
[[clients.apps]]
name = "Ada Lovelace"
[[clients.apps]]
name = "Böb"
port = 5010
host = "127.0.0.1"
identity = "keys/bob.key"
${federation}${tls}federation_port = 6001
federation_host = "127.0.0.1"
accept_unknown_peers = false
wan_cap_mb = 2.5
takeover_seconds = 20
server_name = "Alpha"
identity = "id.pem"
status_endpoint = true
status_port = 6002
status_host = "127.0.0.1"
[[federation.hubs]]
url = "wss://hub.example.com:8443"
ca = "/etc/meshcore/tls/hub-ca.crt"
[[federation.hubs]]
url = "wss://hub2.example.com/other"
pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
[[federation.hubs]]
url = "ws://127.0.0.1:8080/federation"
[[federation.peers]]
name = "City B"
addr = "cityb.example.com:5001"
[[federation.peers]]
name = "City C"
addr = "[2001:db8::1]:5001"
id = "0EqyMnQrtKs6E2i9RhXk5tAiSrcaAWuvhSCjMsl3hzc"
`
  const conf = parse(text, { '/etc/meshcore/id.pem': { text: identityPem } })
  assert.equal(conf.rooms[0]?.guestPassword, 'hello')
  assert.equal(conf.rooms[0]?.retentionDays, 7)
  assert.equal(conf.storagePath, '/data/room.db')
  assert.equal(conf.identityPath, '/etc/meshcore/id.pem')
  const { apps, ...others } = conf.clients
  assert.deepEqual(others, {
    linesPort: 0,
    linesHost: '::1',
    apiToken: 'abcdefghijklmnopqrstuvwx',
    operatorToken: "an-operator's-own-token-1",
    viewerToken: "a-viewer's-own-token-0001",
  })
  assert.deepEqual(apps, [
    { name: 'Ada Lovelace', host: '0.0.0.0', port: 5000, identityPath: '/data/app-ada-lovelace-76740216.key' },
    { name: 'Böb', host: '127.0.0.1', port: 5010, identityPath: '/etc/meshcore/keys/bob.key' },
  ])
  assert.deepEqual(conf.status, { host: '127.0.0.1', port: 6002 })
  assert.deepEqual(conf.federation, {
    secret,
    serverName: 'Alpha',
    listen: { host: '127.0.0.1', port: 6001 },
    acceptUnknownPeers: false,
    standby: true,
    takeoverMs: 20_000,
    tls: pair,
    hubs: [
      { url: 'wss://hub.example.com:8443/federation', ca: pair.cert, pin: undefined },
      {
        url: 'wss://hub2.example.com/other',
        ca: undefined,
        pin: 'sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      },
      { url: 'ws://127.0.0.1:8080/federation', ca: undefined, pin: undefined },
    ],
    pingMs: 20_000,
    reconnectMaxMs: 60_000,
    wanBytesPerDay: 2_500_000,
    peers: [
      { name: 'City B', addr: { host: 'cityb.example.com', port: 5001 }, id: undefined },
      { name: 'City C', addr: { host: '2001:db8::1', port: 5001 }, id: '0EqyMnQrtKs6E2i9RhXk5tAiSrcaAWuvhSCjMsl3hzc' },
    ],
  })
})

const radio = '[radio]\nport = "tcp://127.0.0.1:5000"\ntx_power = 14\n'

/** Of a radio with the KISS modem firmware. */
function kiss(text: string): KissConf {
  const conf = parse(radio + text).radio
  assert.ok(conf?.driver === 'kiss')
  return conf
}

test('a preset has the settings of the apps, and what is given goes before it', () => {
  const conf = kiss('preset = "eu/uk (narrow)"\n')
  assert.deepEqual(
    [conf.preset, conf.frequencyHz, conf.bandwidthHz, conf.spreadingFactor, conf.codingRate],
    ['EU/UK (Narrow)', 869_618_000, 62_500, 8, 8],
  )
  const { mesh } = conf
  assert.deepEqual(mesh, {
    regions: [],
    homeRegion: undefined,
    pathHashBytes: 1,
    extraAcks: 0,
    advertMinutes: undefined,
    floodAdvertHours: 47,
  })
  const own = kiss('preset = "Canada"\ncoding_rate = 8\n')
  assert.deepEqual([own.frequencyHz, own.codingRate, own.mesh.pathHashBytes], [910_525_000, 8, 3])
  assert.equal(kiss('preset = "Canada"\npath_hash_bytes = 1\n').mesh.pathHashBytes, 1)
})

test('every preset of the apps is one that the firmware takes', () => {
  for (const { name } of radioPresets) assert.equal(kiss(`preset = "${name}"\n`).preset, name)
  assert.equal(new Set(radioPresets.map(({ name }) => name)).size, 26)
})

test('regions have their # or not, and the home region is one of them', () => {
  const { mesh } = kiss('preset = "USA"\nregions = ["Boulder", "#Denver", "#Boulder"]\nregion = "Golden"\n')
  assert.deepEqual(mesh.regions, ['#Golden', '#Boulder', '#Denver'])
  assert.equal(mesh.homeRegion, '#Golden')
})

test('a radio that is switched off needs no settings', () => {
  assert.equal(parse('[radio]\ndriver = "none"\n').radio, undefined)
})

test('a port of what is off is free', () => {
  const text = `[clients]\nlines_port = 5001\n[federation]\nenabled = false\n${tls}`
  assert.equal(parse(text).clients.linesPort, 5001)
  assert.equal(parse(`[clients]\nlines_port = 5001\n${federation}`).clients.linesPort, 5001)
  const on = text.replace('enabled = false', `federation_secret = "${secret}"`)
  assert.deepEqual(places(faults(on)), ['2 clients.lines_port'])
  assert.equal(
    parse('[clients]\nlines_port = 5002\n[federation]\nenabled = false\nstatus_endpoint = false\n').status,
    undefined,
  )
})

test('several rooms; the first gives the server its name', () => {
  const conf = parse(
    `${federation}${tls}[[rooms]]\nname = "A"\nfederate_as = "one"\n[[rooms]]\nname = "B"\nfederate_as = "two"\n`,
  )
  assert.deepEqual(
    conf.rooms.map(room => room.federateAs),
    ['one', 'two'],
  )
  assert.equal(conf.federation?.serverName, 'A')
})

test('the status endpoint stands without federation, and can be off', () => {
  assert.deepEqual(parse('[federation]\nenabled = false\nstatus_port = 7000\n').status, { host: '0.0.0.0', port: 7000 })
  assert.equal(parse('[federation]\nenabled = false\nstatus_endpoint = false\n').status, undefined)
})

test('with enabled = false secret and files are not looked at, keys still are', () => {
  const off = '[federation]\nenabled = false\nfederation_secret = "REPLACE_WITH_FEDERATION_PSK"\ntls_cert = /none\n'
  assert.equal(parse(off).federation, undefined)
  assert.deepEqual(places(faults(`${off}federaton_port = 1\n`)), ['5 federation.federaton_port'])
})

test('warnings: secrets in a config that everybody may read, and a federation of one', () => {
  const open = { [file]: { text: '', mode: 0o644 } }
  assert.match(parse('[room]\nguest_password = "hello"\n', open).warnings.join(), /room\.conf holds secrets.*chmod 640/)
  assert.deepEqual(parse('[room]\nname = "A"\n', open).warnings, [])
  assert.deepEqual(parse('[room]\nguest_password = "hello"\n', { [file]: { text: '', mode: 0o640 } }).warnings, [])
  assert.match(parse(federation).warnings.join(), /no hub, no peer/)
  const app = '[[clients.apps]]\nname = "Ada"\n'
  assert.match(parse(app).warnings.join(), /no room has a guest_password/)
  for (const key of ['guest_password = "hello"', 'admin_password = "master"', 'allow_read_only = true'])
    assert.deepEqual(parse(`${app}[room]\n${key}\n`).warnings, [])
  assert.deepEqual(parse(`${federation}${tls}`).warnings, [])
})
