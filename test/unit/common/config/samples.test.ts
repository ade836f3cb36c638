// The samples people start from: refused with their placeholder, accepted without it, and complete.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseEdgeConf } from '#common/config/edge-conf.ts'
import { parseHubConf } from '#common/config/hub-conf.ts'
import { fakeFiles, faultsOf, pair, places, secret } from './fake-files.ts'

const root = new URL('../../../../', import.meta.url)
const sample = (path: string) => readFileSync(new URL(path, root), 'utf8')
const placeholder = 'REPLACE_WITH_FEDERATION_PSK'
const webhookSecret = Buffer.alloc(32).toString('base64')
const filled = (text: string) => text.replace(placeholder, secret).replace('REPLACE_WITH_WEBHOOK_SECRET', webhookSecret)
const parseEdge = (text: string) => parseEdgeConf(text, '/etc/meshcore/room.conf', fakeFiles())
const parseHub = (text: string) => parseHubConf(text, '/etc/federation-hub/hub.conf', fakeFiles())

/** Takes the # away before keys and sections, but for what cannot stand beside the rest. */
function uncommented(text: string, except: RegExp): string {
  const lines = filled(text).split('\n')
  return lines.map(line => (except.test(line) ? line : line.replace(/^#(?=[a-z_]+ = |\[)/, ''))).join('\n')
}

/** The part that begins with this headline is left out: it cannot stand beside another. */
function without(headline: string, text: string): string {
  const parts = text.split(/^(?=# -{60})/m)
  const rest = parts.filter(part => !part.replace(/^# -+ /, '').startsWith(headline))
  assert.equal(rest.length, parts.length - 1)
  return rest.join('')
}

/** The reader itself says which keys it knows: it lists them when it meets one that is like none of them. */
function assertComplete(text: string, parse: (text: string) => unknown, headers: readonly string[]): void {
  for (const header of headers) {
    const reasons = faultsOf(() => parse(`${header}\nxxxxxxxxxxxxxxxxxxxxxxxx = 1\n`)).map(fault => fault.reason)
    const known =
      reasons
        .join()
        .match(/use one of ([a-z_, ]+)/)?.[1]
        ?.split(', ') ?? []
    assert.ok(known.length > 0)
    for (const key of known) {
      assert.match(text, new RegExp(`^#?${key} = |\\[(?:[a-z]+\\.)?${key}\\]`, 'm'), `${header} ${key} is missing`)
    }
  }
}

for (const eol of ['\n', '\r\n']) {
  test(`the federation page's sample loads as it is, lines ending in ${JSON.stringify(eol)}`, () => {
    const text = sample('test/vectors/federation-page-sample.conf').replaceAll('\n', eol)
    const refusal = faultsOf(() => parseEdge(text))
    assert.deepEqual(places(refusal), ['15 federation.federation_secret'])
    assert.match(refusal[0]?.reason ?? '', /openssl rand -hex 32/)
    const { federation } = parseEdge(filled(text))
    assert.deepEqual(federation?.tls, pair)
    assert.equal(federation?.listen.port, 5001)
    assert.deepEqual(federation?.peers, [
      { name: 'City B Room Server', addr: { host: 'cityb.example.com', port: 5001 }, id: undefined },
      { name: 'City C Room Server', addr: { host: '203.0.113.45', port: 5001 }, id: undefined },
    ])
  })
}

test('room.conf.example', () => {
  const text = sample('infra/room.conf.example')
  assert.deepEqual(
    faultsOf(() => parseEdge(text)).map(fault => fault.key),
    ['federation.federation_secret'],
  )
  const conf = parseEdge(filled(text))
  assert.equal(conf.rooms[0]?.name, 'City A')
  assert.equal(conf.federation?.hubs[0]?.url, 'wss://hub.example.com:8443/federation')
  assert.deepEqual(conf.warnings, [])
})

test('room.conf.example, every choice taken: defaults are the real ones and no key is missing', () => {
  const whole = sample('infra/room.conf.example')
  const text = uncommented(
    without('a stock companion radio', whole),
    /^#(?:pin|\w+_token|identity|federation_secret_previous\w*) = /,
  )
  const conf = parseEdge(text)
  assert.equal(conf.federation?.peers.length, 1)
  assert.equal(conf.federation?.wanBytesPerDay, 100_000_000)
  const minimal = parseEdge('')
  assert.equal(conf.clients.linesHost, minimal.clients.linesHost)
  const [app] = parseEdge('[[clients.apps]]\nname = "Ada"\n').clients.apps
  assert.deepEqual(conf.clients.apps, [app])
  assert.deepEqual(conf.status, minimal.status)
  assert.equal(conf.rooms[0]?.retentionDays, minimal.rooms[0]?.retentionDays)
  assert.equal(conf.rooms[0]?.rf, minimal.rooms[0]?.rf)
  assert.equal(conf.rooms[0]?.authorPostsPerMinute, minimal.rooms[0]?.authorPostsPerMinute)
  assert.deepEqual(conf.radio, {
    driver: 'kiss',
    port: '/dev/serial/by-id/usb-Heltec_V3-if00',
    frequencyHz: 869_618_000,
    bandwidthHz: 62_500,
    spreadingFactor: 8,
    codingRate: 8,
    txPowerDbm: 14,
    dutyCycle: 0.1,
    rfMaxAgeMs: 7_200_000,
    pushHoldMs: 6000,
    pushIntervalMs: 1200,
    preset: 'EU/UK (Narrow)',
    mesh: {
      regions: ['#Denver', '#Boulder'],
      homeRegion: '#Denver',
      pathHashBytes: 1,
      extraAcks: 0,
      advertMinutes: 60,
      floodAdvertHours: 47,
    },
  })
  const stock = parseEdge(
    uncommented(without('the radio', whole), /^#(?:pin|\w+_token|identity|federation_secret_previous\w*) = /),
  ).radio
  const key = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'
  assert.deepEqual(stock, {
    driver: 'companion',
    port: '/dev/serial/by-id/usb-Heltec_V3-if00',
    dutyCycle: 0.1,
    rfMaxAgeMs: 7_200_000,
    roomServer: { key, name: 'Old room', password: 'hello to you', room: 'main' },
    roomCliPort: '/dev/serial/by-id/usb-RAK_room-if00',
    channels: [{ name: '#frontrange', secret: '00112233445566778899aabbccddeeff', room: 'main' }],
  })
  assertComplete(whole, parseEdge, [
    '',
    '[room]',
    '[storage]',
    '[clients]',
    '[[clients.apps]]',
    '[radio]',
    '[radio.room]',
    '[[radio.channels]]',
    '[federation]',
    '[[federation.hubs]]',
    '[[federation.peers]]',
  ])
})

test('hub.conf.example', () => {
  const text = sample('infra/hub.conf.example')
  assert.deepEqual(
    faultsOf(() => parseHub(text)).map(fault => fault.key),
    ['federation_secret'],
  )
  assert.deepEqual(parseHub(filled(text)).warnings, [])
  const conf = parseHub(
    uncommented(text, /^#(?:identity|redis_sentinels|redis_cluster|federation_secret_previous\w*) = /),
  )
  const { file, tls, redis, retention, webhooks, position, ...rest } = conf
  const usual = `name = "bot"\nurl = "https://hooks.example.com/mcfed"\nsecret = "whsec_${webhookSecret}"\n`
  const minimal = parseHub(`federation_secret = "${secret}"\nbehind_proxy = true\n[[webhooks]]\n${usual}`)
  const { file: _file, tls: _tls, redis: _redis, retention: kept, webhooks: usualWebhooks, ...defaults } = minimal
  assert.deepEqual({ ...rest, behindProxy: true }, defaults)
  assert.deepEqual(redis, { layout: 'single', url: 'redis://127.0.0.1:6379' })
  assert.deepEqual(webhooks, [{ ...usualWebhooks[0], rooms: ['frontrange'] }])
  assert.deepEqual(position, { latitude: 39.7392, longitude: -104.9903 })
  assert.equal(retention.days, kept.days)
  assert.equal(retention.postsMax, 1_000_000)
  assert.deepEqual([...retention.rooms], [['frontrange', { days: kept.days, postsMax: 100_000 }]])
  assertComplete(text, parseHub, ['', '[limits]', '[[webhooks]]', '[alerts]', '[[rooms]]'])
})
