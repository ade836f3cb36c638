// [[webhooks]] of hub.conf: defaults, every key, every rule.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHubConf } from '#common/config/hub-conf.ts'
import { fakeFiles, faultsOf, places, secret } from './fake-files.ts'

const head = `listen = "127.0.0.1:1"\nfederation_secret = "${secret}"\n`
const parse = (text: string) => parseHubConf(`${head}${text}`, '/etc/federation-hub/hub.conf', fakeFiles()).webhooks
const key = Buffer.alloc(32, 7)
const good = {
  name: '"bot"',
  url: '"https://hooks.example.com/x?y=1"',
  secret: `"whsec_${key.toString('base64')}"`,
}
const section = (values: Record<string, string>) =>
  `[[webhooks]]\n${Object.entries(values)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')}`

test('the least a webhook needs', () => {
  assert.deepEqual(parse(section(good)), [
    {
      name: 'bot',
      url: 'https://hooks.example.com/x?y=1',
      key,
      rooms: undefined,
      posts: true,
      alerts: false,
      allowPrivate: false,
      giveUpMs: 72 * 3_600_000,
      retryMaxMs: 600_000,
    },
  ])
})

test('every key', () => {
  const values = {
    name: '"a-1"',
    url: '"http://10.0.0.7:8080/"',
    secret: '"a plain-text secret of 35 characters"'.replaceAll(' ', '_'),
    rooms: '["frontrange", "x"]',
    posts: 'false',
    alerts: 'true',
    allow_private: 'true',
    give_up_hours: '1',
    retry_max_seconds: '5',
  }
  assert.deepEqual(parse(`${section(good)}${section(values)}`)[1], {
    name: 'a-1',
    url: 'http://10.0.0.7:8080/',
    key: Buffer.from('a_plain-text_secret_of_35_characters'),
    rooms: ['frontrange', 'x'],
    posts: false,
    alerts: true,
    allowPrivate: true,
    giveUpMs: 3_600_000,
    retryMaxMs: 5000,
  })
})

const refused: [string, Record<string, string>, string, RegExp][] = [
  ['a name with capitals', { name: '"Bot"' }, 'name', /1 to 32 of a-z/],
  ['an address that is none', { url: '"hooks.example.com"' }, 'url', /https:\/\/example\.com\/hook/],
  ['another protocol', { url: '"ftp://example.com/"' }, 'url', /https:\/\/example\.com\/hook/],
  ['plain http', { url: '"http://example.com/"' }, 'url', /only with allow_private/],
  ['a password in the URL', { url: '"https://u:p@example.com/"' }, 'url', /must not hold a user/],
  ['a fragment', { url: '"https://example.com/#x"' }, 'url', /#/],
  ['a private address', { url: '"https://192.168.1.5/"' }, 'url', /not a public address/],
  ['this machine by name', { url: '"https://localhost:5000/"' }, 'url', /not a public address/],
  ['this machine in IPv6', { url: '"https://[::ffff:127.0.0.1]/"' }, 'url', /not a public address/],
  ['this machine as a number', { url: '"https://2130706433/"' }, 'url', /not a public address/],
  ['a short secret', { secret: '"12345678901234567890123"' }, 'secret', /at least 24/],
  ['a placeholder', { secret: '"REPLACE_WITH_A_SECRET_OF_YOUR_OWN"' }, 'secret', /placeholder/],
  ['too little behind whsec_', { secret: '"whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM="' }, 'secret', /24 to 64 bytes/],
  ['no base64 behind whsec_', { secret: '"whsec_this is no base64 of anything at all"' }, 'secret', /24 to 64 bytes/],
  ['no room', { rooms: '[]' }, 'rooms', /list of 1 to 256/],
  ['a room with capitals', { rooms: '["Front"]' }, 'rooms[0]', /1 to 64 of a-z/],
  ['nothing to send', { posts: 'false' }, 'posts', /nothing to send/],
  ['no hour', { give_up_hours: '0' }, 'give_up_hours', /from 1 to 720/],
  ['no second', { retry_max_seconds: '0' }, 'retry_max_seconds', /from 1 to 3600/],
  ['a misspelt key', { alert: 'true' }, 'alert', /did you mean alerts\?/],
]
for (const [what, values, place, reason] of refused) {
  test(`refused: ${what}`, () => {
    const faults = faultsOf(() => parse(section({ ...good, ...values })))
    assert.deepEqual(
      faults.map(({ key }) => key),
      [`webhooks[0].${place}`],
    )
    assert.match(faults[0]?.reason ?? '', reason)
    // A reason is shown: it must not hold what it speaks of.
    assert.doesNotMatch(faults[0]?.reason ?? '', /1234567890|192\.168/)
  })
}

test('what is missing, and a name that is taken', () => {
  const faults = faultsOf(() => parse(`[[webhooks]]\n${section(good)}${section(good)}`))
  assert.deepEqual(places(faults), [
    '3 webhooks[0].name',
    '3 webhooks[0].url',
    '3 webhooks[0].secret',
    '9 webhooks[2].name',
  ])
})

test('at most 20', () => {
  const many = Array.from({ length: 21 }, (_, i) => section({ ...good, name: `"bot-${i}"` })).join('')
  assert.match(faultsOf(() => parse(many))[0]?.reason ?? '', /at most 20/)
})
