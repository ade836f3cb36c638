// hub.conf: defaults, every key, every rule.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHubConf } from '#common/config/hub-conf.ts'
import { longestDays, retentionOf } from '#common/config/retention-conf.ts'
import { type FakeFile, fakeFiles, faultsOf, identityPem, pair, places, secret } from './fake-files.ts'

const file = '/etc/federation-hub/hub.conf'
const parse = (text: string, more: Record<string, FakeFile> = {}) => parseHubConf(text, file, fakeFiles(more))
const faults = (text: string, more: Record<string, FakeFile> = {}) => faultsOf(() => parse(text, more))
const key = `federation_secret = "${secret}"\n`
const tls = 'tls_cert = tls/server.crt\ntls_key = tls/server.key\n'.replaceAll('= tls', '= ./tls')

test('the least a hub needs', () => {
  assert.deepEqual(parse(`${key}${tls}`), {
    file,
    listen: { host: '0.0.0.0', port: 8443 },
    tls: pair,
    behindProxy: false,
    redis: undefined,
    dataDir: '/var/lib/federation-hub',
    identityPath: undefined,
    name: 'hub',
    secret,
    retention: { days: 30, postsMax: undefined, rooms: new Map() },
    enrol: 'open',
    waitReplicas: 0,
    limits: {
      maxRooms: 1000,
      maxLinks: 20_000,
      linkWindowBytes: 256 * 1024,
      pingMs: 20_000,
      storeTimeoutMs: 5_000,
      rates: { postsPerSpoke: 500, postsPerRoom: 2000, postsPerAddress: 1000, framesPerSpoke: 2000 },
    },
    webhooks: [],
    alerts: { silentMs: 900_000, wanPercent: 80, certificateDays: 30 },
    warnings: [],
  })
})

test('every key', () => {
  const text = `listen = "[::]:9000"
${tls}behind_proxy = true
redis_url = "rediss://:pw@redis.example.com:6380/1"
data_dir = /data
identity = "identity.pem"
name = "Hub North"
latitude = -39.5
longitude = 174
${key}retention_days = 10
enrol = "open"
wait_replicas = 1
[limits]
max_rooms = 5
max_links = 6
link_window_kib = 64
posts_per_second_spoke = 0
posts_per_second_room = 1
posts_per_second_address = 2
frames_per_second_spoke = 3
`
  const conf = parse(text)
  assert.deepEqual(conf.listen, { host: '::', port: 9000 })
  assert.equal(conf.behindProxy, true)
  assert.deepEqual(conf.redis, { layout: 'single', url: 'rediss://:pw@redis.example.com:6380/1' })
  assert.equal(conf.dataDir, '/data')
  assert.equal(conf.identityPath, '/etc/federation-hub/identity.pem')
  assert.equal(conf.name, 'Hub North')
  assert.deepEqual(conf.position, { latitude: -39.5, longitude: 174 })
  assert.equal(conf.retention.days, 10)
  assert.equal(conf.waitReplicas, 1)
  assert.deepEqual(conf.limits, {
    maxRooms: 5,
    maxLinks: 6,
    linkWindowBytes: 64 * 1024,
    pingMs: 20_000,
    storeTimeoutMs: 5_000,
    rates: { postsPerSpoke: 0, postsPerRoom: 1, postsPerAddress: 2, framesPerSpoke: 3 },
  })
})

test('Redis with Sentinel, and as a cluster', () => {
  const url = 'redis://hub:pw@mymaster/1'
  const watched = `redis_url = "${url}"\nredis_sentinels = ["10.0.0.1:26379", "[::1]:26380"]\nwait_replicas = 1\n`
  const sentinels = [
    { host: '10.0.0.1', port: 26379 },
    { host: '::1', port: 26380 },
  ]
  assert.deepEqual(parse(`${key}${tls}${watched}`).redis, { layout: 'sentinel', url, sentinels })
  const cluster = 'redis_url = "redis://:pw@a:7000/0"\nredis_cluster = ["b:7001"]\n'
  const nodes = [{ host: 'b', port: 7001 }]
  assert.deepEqual(parse(`${key}${tls}${cluster}`).redis, { layout: 'cluster', url: 'redis://:pw@a:7000/0', nodes })
})

test('without TLS only on this machine or behind a proxy', () => {
  assert.deepEqual(parse(`${key}listen = "127.0.0.1:0"\n`).listen, { host: '127.0.0.1', port: 0 })
  assert.deepEqual(parse(`${key}listen = "[::1]:80"\n`).listen, { host: '::1', port: 80 })
  assert.equal(parse(`${key}behind_proxy = true\n`).tls, undefined)
  const found = faults(key)
  assert.deepEqual(places(found), ['1 tls_cert', '1 tls_key'])
  assert.match(found[0]?.reason ?? '', /behind_proxy = true/)
  // Where it listens is not known: whether TLS is needed is not known either.
  assert.deepEqual(places(faults(`listen = "127.0.0.1"\n${key}`)), ['1 listen'])
  assert.deepEqual(places(faults(`behind_proxy = "yes"\n${key}`)), ['1 behind_proxy'])
})

const refused: [string, string, string, RegExp][] = [
  ['listen without a port', 'listen = "127.0.0.1"\n', '1 listen', /host:port, for example 0\.0\.0\.0:8443/],
  ['listen as a number', 'listen = 8443\n', '1 listen', /double quotes/],
  ['half a TLS pair', 'listen = "127.0.0.1:1"\ntls_key = ./tls/server.key\n', '1 tls_cert', /both or none/],
  ['a web address for Redis', 'redis_url = "http://127.0.0.1"\n', '1 redis_url', /redis:\/\/127\.0\.0\.1:6379/],
  ['an address without scheme for Redis', 'redis_url = "127.0.0.1"\n', '1 redis_url', /redis:\/\/127/],
  ['a database with a name', 'redis_url = "redis://h/main"\n', '1 redis_url', /a database like \/1/],
  ['replicas of a faulty Redis', 'redis_url = ""\nwait_replicas = 1\n', '1 redis_url', /redis:\/\/127/],
  ['half a position', 'latitude = 39.7\n', '1 longitude', /where the other of latitude and longitude is given/],
  ['a place that is not on earth', 'latitude = 91\nlongitude = 0\n', '1 latitude', /from -90 to 90/],
  ['another way to enrol', 'enrol = "closed"\n', '1 enrol', /must be "open"/],
  ['replicas without Redis', 'wait_replicas = 1\n', '1 wait_replicas', /needs redis_url/],
  ['Sentinels without a master', 'redis_sentinels = ["h:1"]\n', '1 redis_sentinels', /name-of-the-master/],
  ['a cluster without its url', 'redis_cluster = ["h:1"]\n', '1 redis_cluster', /needs redis_url/],
  ['no node of a cluster', 'redis_url = "redis://h"\nredis_cluster = []\n', '2 redis_cluster', /with 1 to 100/],
  ['a node without a port', 'redis_url = "redis://h"\nredis_cluster = ["h"]\n', '2 redis_cluster[0]', /host:port/],
  ['a database of a cluster', 'redis_url = "redis://h/3"\nredis_cluster = ["h:1"]\n', '1 redis_url', /only database 0/],
  [
    'Sentinel and Cluster at once',
    'redis_url = "redis://h"\nredis_sentinels = ["h:1"]\nredis_cluster = ["h:1"]\n',
    '3 redis_cluster',
    /take one of the two out/,
  ],
  [
    'replicas of a cluster',
    'redis_url = "redis://h"\nredis_cluster = ["h:1"]\nwait_replicas = 1\n',
    '3 wait_replicas',
    /WAIT speaks of one node/,
  ],
  ['too many replicas', 'redis_url = "redis://h"\nwait_replicas = 6\n', '2 wait_replicas', /from 0 to 5/],
  ['a small window', '[limits]\nlink_window_kib = 63\n', '2 limits.link_window_kib', /from 64 to 256/],
  ['a misspelt limit', '[limits]\nmax_room = 63\n', '2 limits.max_room', /did you mean max_rooms\?/],
  ['an unknown alert', '[alerts]\nx = 1\n', '2 alerts.x', /unknown key/],
  ['too much of a percentage', '[alerts]\nwan_percent = 101\n', '2 alerts.wan_percent', /from 0 to 100/],
  ['a room without a name', '[[rooms]]\nmax_posts = 5000\n', '1 rooms[0].name', /is required/],
  ['a room twice', '[[rooms]]\nname = "a"\n[[rooms]]\nname = "a"\n', '4 rooms[1].name', /another room above/],
  ['too few posts', '[[rooms]]\nname = "a"\nmax_posts = 4999\n', '3 rooms[0].max_posts', /from 5000 to/],
  ['an identity that is not there', 'identity = "/none.pem"\n', '1 identity', /does not exist.*openssl genpkey/],
]
for (const [name, text, place, reason] of refused) {
  test(`refused: ${name}`, () => {
    const rest = text.includes('tls_key') ? '' : tls
    const found = faults(text.startsWith('[') ? `${text}` : `${text}${rest}${key}`)
    const others = text.startsWith('[') ? ['1 tls_cert', '1 tls_key', '1 federation_secret'] : []
    assert.deepEqual(new Set(places(found)), new Set([place, ...others]))
    assert.match(found.find(fault => `${fault.line} ${fault.key}` === place)?.reason ?? '', reason)
  })
}

test('what is kept: of all rooms, of one by itself, and the longest of all', () => {
  const rooms = '[[rooms]]\nname = "a"\nretention_days = 90\n[[rooms]]\nname = "b"\nmax_posts = 5000\n'
  const { retention } = parse(`${key}${tls}retention_days = 7\nretention_posts = 6000\n${rooms}`)
  assert.deepEqual(retentionOf(retention, 'other'), retention)
  assert.equal(retention.postsMax, 6000)
  assert.deepEqual(retentionOf(retention, 'a'), { days: 90, postsMax: 6000 })
  assert.deepEqual(retentionOf(retention, 'b'), { days: 7, postsMax: 5000 })
  assert.equal(longestDays(retention), 90)
})

test('alerts', () => {
  const { alerts } = parse(`${key}${tls}[alerts]\nsilent_minutes = 0.5\nwan_percent = 0\ncertificate_days = 14\n`)
  assert.deepEqual(alerts, { silentMs: 30_000, wanPercent: 0, certificateDays: 14 })
})

test('a secret is required and checked', () => {
  assert.match(faults(tls)[0]?.reason ?? '', /is required.*openssl rand -hex 32/)
  const found = faults(`${tls}federation_secret = "REPLACE_WITH_FEDERATION_PSK"\n`)
  assert.deepEqual(places(found), ['3 federation_secret'])
})

test('the secret before this one, while it is being changed', () => {
  const previous = 'abcdef0123456789'.repeat(4)
  const line = `federation_secret_previous = "${previous}"\n`
  const until = (text: string) => `federation_secret_previous_until = "${text}"\n`
  assert.deepEqual(parse(`${key}${tls}`).previousSecret, undefined)
  assert.deepEqual(parse(`${key}${line}${tls}`).previousSecret, { secret: previous })
  assert.deepEqual(parse(`${key}${line}${until('2026-12-31T00:00:00Z')}${tls}`).previousSecret, {
    secret: previous,
    until: Date.UTC(2026, 11, 31),
  })
  const refused: [string, string, RegExp][] = [
    ['federation_secret_previous = "REPLACE_ME"\n', '1 federation_secret_previous', /placeholder/],
    ['federation_secret_previous = "short"\n', '1 federation_secret_previous', /too short: 5 characters/],
    [`federation_secret_previous = "${secret}"\n`, '1 federation_secret_previous', /same as federation_secret/],
    [until('2026-12-31T00:00:00Z'), '1 federation_secret_previous_until', /no meaning without/],
    [
      `${line}${until('2026-12-31')}`,
      '2 federation_secret_previous_until',
      /with its zone, like "2026-12-31T00:00:00Z"/,
    ],
    [`${line}${until('2026-02-31T99:00:00Z')}`, '2 federation_secret_previous_until', /with its zone/],
  ]
  for (const [text, place, reason] of refused) {
    const found = faults(`${text}${tls}${key}`)
    assert.deepEqual(places(found), [place])
    assert.match(found[0]?.reason ?? '', reason)
    assert.ok(!JSON.stringify(found).includes(previous))
  }
})

test('a warning when everybody may read the config', () => {
  assert.match(parse(`${key}${tls}`, { [file]: { text: '', mode: 0o644 } }).warnings.join(), /chmod 640/)
})

test('an identity for its owner only', () => {
  const open = { '/etc/federation-hub/identity.pem': { text: identityPem, mode: 0o640 } }
  assert.deepEqual(places(faults(`identity = ./identity.pem\n${key}${tls}`, open)), ['1 identity'])
})
