// What room.conf may not be: every rule, and all faults at once with their lines.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEdgeConf } from '#common/config/edge-conf.ts'
import { type FakeFile, fakeFiles, faultsOf, identityPem, otherKey, pair, places, secret } from './fake-files.ts'

const file = '/etc/meshcore/room.conf'
const faults = (text: string, more: Record<string, FakeFile> = {}) =>
  faultsOf(() => parseEdgeConf(text, file, fakeFiles(more)))
const federation = `[federation]\nfederation_secret = "${secret}"\n`
const tls = 'tls_cert = /etc/meshcore/tls/server.crt\ntls_key = /etc/meshcore/tls/server.key\n'

test('all faults at once, in the order of the lines', () => {
  const text = `[room]
nam = "City A"
federate_as = "Front Range"
retention_days = 0
[radio]
driver = "kiss"
[clients]
lines_port = "5003"
[federation]
federation_secret = "short"
tls_cert = /none.crt
[[federation.hubs]]
url = "http://hub.example.com"
[[federation.hubs]]
ca = "/none.crt"
[[federation.peers]]
name = "City B"
adr = "cityb.example.com:5001"
`
  assert.deepEqual(places(faults(text)), [
    '2 room.nam',
    '3 room.federate_as',
    '4 room.retention_days',
    ...['port', 'frequency', 'bandwidth', 'spreading_factor', 'coding_rate', 'tx_power'].map(key => `5 radio.${key}`),
    '8 clients.lines_port',
    '9 federation.tls_key',
    '10 federation.federation_secret',
    '11 federation.tls_cert',
    '13 federation.hubs[0].url',
    '14 federation.hubs[1].url',
    '15 federation.hubs[1].ca',
    '16 federation.peers[0].addr',
    '18 federation.peers[0].adr',
  ])
})

const radio = '[radio]\nfrequency = 869.6\nbandwidth = 62.5\nspreading_factor = 8\ncoding_rate = 8\ntx_power = 14\n'

const refused: [string, string, string, RegExp][] = [
  ['a misspelt key', '[room]\nnmae = "A"\n', '2 room.nmae', /unknown key; did you mean name\?/],
  ['a misspelt section', '[federations]\nx = 1\n', '1 federations', /unknown section; did you mean federation\?/],
  ['a section of no program', '[mqtt]\nport = 1\n', '1 mqtt', /unknown section; remove it, or use one of room, rooms/],
  ['a radio of another kind', `${radio}port = "tcp://a:1"\ndriver = "lora"\n`, '8 radio.driver', /must be "kiss"/],
  ['a radio of another kind, and no more of it', '[radio]\ndriver = "lora"\n', '2 radio.driver', /must be "kiss"/],
  ['a preset that is none', `${radio}port = "tcp://a:1"\npreset = "Mars"\n`, '8 radio.preset', /apps\. There are "A/],
  ['a port that is none', `${radio}port = "COM3"\n`, '7 radio.port', /must be a device/],
  ['a duty cycle of nothing', `${radio}port = "tcp://a:1"\nduty_cycle = 0\n`, '8 radio.duty_cycle', /0\.1 to 100/],
  [
    'a preset that is mistyped',
    '[radio]\nport = "tcp://a:1"\ntx_power = 1\npreset = "EU/UK (Narow)"\n',
    '4 radio.preset',
    /did you mean "EU\/UK \(Narrow\)"\? There are "Australia", .*"Vietnam \(Deprecated\)"$/,
  ],
  ['a preset without power', '[radio]\nport = "tcp://a:1"\npreset = "USA"\n', '1 radio.tx_power', /no preset has it/],
  ['a private region', `${radio}port = "tcp://a:1"\nregions = ["#a", "$b"]\n`, '8 radio.regions[1]', /begin with \$/],
  ['every region', `${radio}port = "tcp://a:1"\nregion = "*"\n`, '8 radio.region', /must name a region/],
  ['a region of two words', `${radio}port = "tcp://a:1"\nregion = "Front Range"\n`, '8 radio.region', /like "#Denver"/],
  ['regions in one text', `${radio}port = "tcp://a:1"\nregions = "#a"\n`, '8 radio.regions', /must be a list/],
  [
    'a region over 30 bytes',
    `${radio}port = "tcp://a:1"\nregion = "${'x'.repeat(31)}"\n`,
    '8 radio.region',
    /30 bytes/,
  ],
  ['half a place', '[room]\nlatitude = 39.7\n', '1 room.longitude', /other of latitude and longitude/],
  [
    'a key of the section above a list',
    '[federation]\nenabled = false\n[[federation.peers]]\nname = "B"\naddr = "b:5001"\ntls_cert = "x"\n',
    '6 federation.peers[0].tls_cert',
    /belongs to \[federation\]: move it above the first \[\[federation\.peers\]\]/,
  ],
  ['a key named like a method', 'toString = 1\n', '1 toString', /unknown key/],
  ['a key named like the prototype', '__proto__ = 1\n', '1 __proto__', /unknown key/],
  ['a key with a line break', '"a\\nb" = 1\n', '1 "a?b"', /unknown key/],
  ['a section as a value', 'room = 3\n', '1 room', /single brackets/],
  ['peers in single brackets', `${federation}${tls}[federation.peers]\nname = "B"\n`, '5 federation.peers', /double/],
  ['room and rooms', '[room]\n[[rooms]]\n', '2 rooms', /either one \[room\] or several/],
  ['a room id twice', '[[rooms]]\nfederate_as = "a"\n[[rooms]]\nfederate_as = "a"\n', '4 rooms[1].federate_as', /own/],
  ['a name over 32 bytes', `[room]\nname = "${'é'.repeat(17)}"\n`, '2 room.name', /34 bytes.*limit is 32/],
  ['an empty name', '[room]\nname = " "\n', '2 room.name', /must not be empty/],
  [
    'a password over 15 bytes',
    '[room]\nadmin_password = "0123456789abcdef"\n',
    '2 room.admin_password',
    /1 to 15 bytes/,
  ],
  [
    '15 characters of 16 bytes',
    '[room]\nadmin_password = "0123456789abcdé"\n',
    '2 room.admin_password',
    /1 to 15 bytes/,
  ],
  ['an empty password', '[room]\nguest_password = ""\n', '2 room.guest_password', /1 to 15 bytes/],
  ['a placeholder password', '[room]\nguest_password = "…"\n', '2 room.guest_password', /placeholder/],
  ['one password for both', '[room]\nadmin_password = "a"\nguest_password = "a"\n', '3 room.guest_password', /differ/],
  ['yes for true', '[room]\nallow_read_only = "yes"\n', '2 room.allow_read_only', /true or false/],
  ['ten years and a day', '[room]\nretention_days = 3651\n', '2 room.retention_days', /from 1 to 3650/],
  ['half a day', '[room]\nretention_days = 0.5\n', '2 room.retention_days', /whole number/],
  ['a port too high', '[clients]\nlines_port = 65536\n', '2 clients.lines_port', /from 0 to 65535/],
  ['a host with a port', '[clients]\nlines_host = "0.0.0.0:5003"\n', '2 clients.lines_host', /without port/],
  [
    'one token for two roles',
    '[clients]\nviewer_token = "abcdefghijklmnopqrstuvwx"\napi_token = "abcdefghijklmnopqrstuvwx"\n',
    '2 clients.viewer_token',
    /is api_token, too/,
  ],
  ['a short viewer token', '[clients]\nviewer_token = "abc"\n', '2 clients.viewer_token', /24 to 256/],
  ['a short token', '[clients]\napi_token = "abc"\n', '2 clients.api_token', /24 to 256.*openssl rand/],
  ['an app without a user', '[[clients.apps]]\nport = 5000\n', '1 clients.apps[0].name', /author/],
  ['a user with too long a name', `[[clients.apps]]\nname = "${'é'.repeat(16)}"\n`, '2 clients.apps[0].name', /31/],
  [
    'a second app without a port',
    '[[clients.apps]]\nname = "A"\n[[clients.apps]]\nname = "B"\n',
    '3 clients.apps[1].port',
    /is required.*5000/,
  ],
  [
    'two apps of one name',
    '[[clients.apps]]\nname = "A"\n[[clients.apps]]\nname = "A"\nport = 5010\n',
    '4 clients.apps[1].name',
    /another user/,
  ],
  ['an app at the lines port', '[[clients.apps]]\nname = "A"\nport = 5003\n', '3 clients.apps[0].port', /lines_port/],
  ['a path from home', '[storage]\npath = "~/room.db"\n', '2 storage.path', /~ has no meaning/],
  ['a port in use twice', '[clients]\nlines_port = 5002\n', '2 clients.lines_port', /federation\.status_port too/],
  [
    'the secret before this one is the same',
    `${federation}federation_secret_previous = "${secret}"\n`,
    '3 federation.federation_secret_previous',
    /is the same as federation_secret/,
  ],
  ['no secret', '[federation]\n', '1 federation.federation_secret', /is required.*openssl rand -hex 32/],
  [
    'a secret that is a number',
    '[federation]\nfederation_secret = 1\n',
    '2 federation.federation_secret',
    /double quotes/,
  ],
  ['half a TLS pair', `${federation}tls_cert = /etc/meshcore/tls/server.crt\n`, '1 federation.tls_key', /both or none/],
]
for (const [name, text, place, reason] of refused) {
  test(`refused: ${name}`, () => {
    const found = faults(text)
    assert.deepEqual(places(found), [place])
    assert.match(found[0]?.reason ?? '', reason)
    assert.equal(found[0]?.file, file)
  })
}

const refusedHubs: [string, string, RegExp][] = [
  ['url = "ws://hub.example.com/federation"', 'url', /must begin with wss:\/\/: only links inside one machine/],
  ['url = "ws://127.evil.example/federation"', 'url', /must begin with wss/],
  ['url = "https://hub.example.com"', 'url', /must begin with wss/],
  ['url = "hub.example.com:8443"', 'url', /must begin with wss/],
  ['url = "hub"', 'url', /must be a URL like wss/],
  ['url = "wss://user:pw@hub.example.com"', 'url', /no user or password/],
  ['url = "wss://hub.example.com/federation?x=1"', 'url', /must end after the path/],
  ['url = "wss://h"\npin = "sha256/abc"', 'pin', /44 base64 characters/],
  ['url = "wss://h"\nca = "/none"', 'ca', /\/none does not exist/],
  [`url = "wss://h"\nca = "/etc/meshcore/tls/hub-ca.crt"\npin = "sha256/${'A'.repeat(43)}="`, 'pin', /not both/],
  [`url = "ws://localhost"\npin = "sha256/${'A'.repeat(43)}="`, 'pin', /no meaning with ws/],
]
for (const [text, key, reason] of refusedHubs) {
  test(`refused in a hub: ${text.replaceAll('\n', ', ')}`, () => {
    const found = faults(`${federation}[[federation.hubs]]\n${text}\n`)
    assert.deepEqual(
      found.map(fault => fault.key),
      [`federation.hubs[0].${key}`],
    )
    assert.match(found[0]?.reason ?? '', reason)
  })
}

test('no more than 8 hubs and 64 peers', () => {
  const hubs = (count: number) => `${federation}${'[[federation.hubs]]\nurl = "wss://h"\n'.repeat(count)}`
  assert.deepEqual(faults(hubs(8)), [])
  assert.match(faults(hubs(9))[0]?.reason ?? '', /at most 8/)
  const peers = Array.from({ length: 65 }, (_, i) => `[[federation.peers]]\nname = "p${i}"\naddr = "h${i}:1"\n`)
  assert.deepEqual(faults(`${federation}${tls}${peers.slice(1).join('')}`), [])
  assert.match(faults(`${federation}${tls}${peers.join('')}`)[0]?.reason ?? '', /at most 64/)
})

for (const addr of [
  'cityb.example.com',
  'cityb:0',
  'cityb:65536',
  '2001:db8::1:5001',
  '[cityb]:5001',
  ':5001',
  'a b:1',
]) {
  test(`refused as the address of a peer: ${addr}`, () => {
    const found = faults(`${federation}${tls}[[federation.peers]]\nname = "B"\naddr = "${addr}"\n`)
    assert.deepEqual(places(found), ['7 federation.peers[0].addr'])
    assert.match(found[0]?.reason ?? '', /host:port/)
  })
}

test('peers have a name, an address of their own, and need TLS', () => {
  const peer = '[[federation.peers]]\nname = "B"\naddr = "CityB:5001"\n'
  const twice = faults(`${federation}${tls}${peer}${peer.toLowerCase().replace('"b"', '"C"')}`)
  assert.deepEqual(places(twice), ['10 federation.peers[1].addr'])
  assert.deepEqual(places(faults(`${federation}${tls}[[federation.peers]]\n`)), [
    '5 federation.peers[0].name',
    '5 federation.peers[0].addr',
  ])
  assert.deepEqual(places(faults(`${federation}${peer}`)), ['1 federation.tls_cert', '1 federation.tls_key'])
})

test('TLS files: a key that others may read, a key of another certificate', () => {
  const text = `${federation}${tls}`
  const path = '/etc/meshcore/tls/server.key'
  const open = faults(text, { [path]: { text: pair.key, mode: 0o640 } })
  assert.deepEqual(places(open), ['4 federation.tls_key'])
  assert.match(open[0]?.reason ?? '', /mode 0640.*chmod 600 \/etc\/meshcore\/tls\/server\.key/)
  assert.match(faults(text, { [path]: { text: otherKey } })[0]?.reason ?? '', /does not belong to tls_cert/)
})

test('an identity may be missing, but not open to others', () => {
  const found = faults('', { '/var/lib/meshcore/identity.pem': { text: identityPem, mode: 0o644 } })
  assert.deepEqual(places(found), ['1 federation.identity'])
})

const stock = '[radio]\ndriver = "companion"\nport = "tcp://a:1"\n'
const refusedStock: [string, string, string, RegExp][] = [
  ['that bridges nothing', stock, '2 radio.driver', /needs a \[radio\.room\] or \[\[radio\.channels\]\]/],
  [
    'whose settings are in the radio',
    `${stock}tx_power = 14\n[radio.room]\nkey = "${'ab'.repeat(32)}"\n`,
    '4 radio.tx_power',
    /with an app/,
  ],
  ['with a room without a key', `${stock}[radio.room]\npassword = "x"\n`, '4 radio.room.key', /64 hex digits/],
  ['with half a key', `${stock}[radio.room]\nkey = "abcd"\n`, '5 radio.room.key', /64 hex digits/],
  [
    'with a channel without its key',
    `${stock}[[radio.channels]]\nname = "club"\n`,
    '4 radio.channels[0].secret',
    /32 hex/,
  ],
  [
    'with a channel of no room',
    `${stock}[[radio.channels]]\nname = "#a"\nfederate_as = "b"\n`,
    '6 radio.channels[0].federate_as',
    /main/,
  ],
  [
    'in the Public channel, unaware',
    `${stock}[[radio.channels]]\nname = "x"\nsecret = "8B3387E9C5CDEA6AC9E5EDBAA115CD72"\n`,
    '4 radio.channels[0].i_know_this_is_public',
    /nobody there has agreed/,
  ],
  [
    'with a command line of no room',
    `${stock}room_cli_port = "/dev/x"\n[[radio.channels]]\nname = "#a"\n`,
    '4 radio.room_cli_port',
    /needs a \[radio\.room\]/,
  ],
]
for (const [name, text, place, reason] of refusedStock) {
  test(`refused: a companion radio ${name}`, () => {
    const found = faults(text)
    assert.deepEqual(places(found), [place])
    assert.match(found[0]?.reason ?? '', reason)
  })
}

test('the Public channel is bridged by who says that he knows it; channels of other radios are refused', () => {
  const open = `${stock}[[radio.channels]]\nname = "Public"\nsecret = "8b3387e9c5cdea6ac9e5edbaa115cd72"\n`
  assert.deepEqual(faults(`${open}i_know_this_is_public = true\n`), [])
  const kiss = faults(`${radio}port = "tcp://a:1"\n[[radio.channels]]\nname = "#a"\n`)
  assert.deepEqual(places(kiss), ['8 radio.channels'])
  assert.match(kiss[0]?.reason ?? '', /needs driver = "companion"/)
})
