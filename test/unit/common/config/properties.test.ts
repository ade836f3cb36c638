// Whatever stands in a config, the reader gives a config or a ConfigError, and no fault tells a secret.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseEdgeConf } from '#common/config/edge-conf.ts'
import { parseHubConf } from '#common/config/hub-conf.ts'
import { fakeFiles, faultsOf, secret } from './fake-files.ts'

const root = new URL('../../../../', import.meta.url)
const samples = ['infra/room.conf.example', 'infra/hub.conf.example', 'test/vectors/federation-page-sample.conf'].map(
  path =>
    readFileSync(new URL(path, root), 'utf8')
      .replace('REPLACE_WITH_FEDERATION_PSK', secret)
      .replaceAll(/^#(?=[a-z[])/gm, ''),
)
const files = fakeFiles()

/** The faults of both programs; throws what is no ConfigError. */
function allFaults(text: string) {
  const faults = [
    ...faultsOf(() => parseEdgeConf(text, '/etc/meshcore/room.conf', files)),
    ...faultsOf(() => parseHubConf(text, '/etc/federation-hub/hub.conf', files)),
  ]
  const lines = text.split('\n').length
  for (const fault of faults) {
    assert.ok(fault.line >= 1 && fault.line <= lines, `line ${fault.line} of ${lines}`)
    assert.ok(fault.key.length > 0 && fault.reason.length > 0)
    assert.doesNotMatch(`${fault.key}${fault.reason}`, /\p{Cc}/u)
  }
  return faults
}

const word = fc.constantFrom(
  ...['federation', 'room', 'rooms', 'hubs', 'peers', 'name', 'addr', 'url', 'tls_cert', 'enabled', 'limits', 'listen'],
  ...['__proto__', 'constructor', '"a b"', '[', ']', '[[', ']]', '{', '}', '=', '.', ',', '#', '"', "'", '"""', "'''"],
  ...[
    '\n',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    '/x',
    './y',
    '~',
    '1',
    '-1',
    '1.5',
    'nan',
    'inf',
    'true',
    '1979-05-27',
    '\\',
  ],
  ...['\uFEFF', '\0', '\u2028', 'é', '\ud800', '9223372036854775808', '0x1f', '"wss://h"', '"a:1"', '"127.0.0.1:0"'],
)

test('arbitrary text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => void allFaults(text)),
    { numRuns: 300 },
  )
})

test('arbitrary words of the language', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), words => void allFaults(words.join(''))),
    { numRuns: 1000 },
  )
})

const mutation = fc.record({
  at: fc.nat(10_000),
  remove: fc.nat(30),
  insert: fc.oneof(word, fc.string({ maxLength: 5 })),
})

test('samples with a few places changed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      (sample, mutations) => {
        const text = mutations.reduce((current, { at, remove, insert }) => {
          const start = at % (current.length + 1)
          return current.slice(0, start) + insert + current.slice(start + remove)
        }, sample)
        allFaults(text)
      },
    ),
    { numRuns: 400 },
  )
})

const value = fc.oneof(
  fc.constantFrom(
    '1',
    '-1',
    '0.5',
    'true',
    '[]',
    '{}',
    '[[]]',
    '[{}]',
    '{ a = 1 }',
    '1979-05-27',
    'nan',
    '/x',
    '""',
    '"~"',
  ),
  fc.string({ maxLength: 40 }).map(text => JSON.stringify(text)),
)

test('samples with the value of any key replaced by any other', () => {
  const replacement = fc.record({ sample: fc.constantFrom(...samples), line: fc.nat(200), value })
  fc.assert(
    fc.property(replacement, ({ sample, line, value }) => {
      const lines = sample.split('\n')
      const chosen = line % lines.length
      const text = lines.map((current, index) => (index === chosen ? current.replace(/= .*/, `= ${value}`) : current))
      allFaults(text.join('\n'))
    }),
    { numRuns: 400 },
  )
})

test('no fault tells a secret, wherever it was put', () => {
  const hidden = 'q83vQfP0deadBEEF4242feedC0FFEE99aabbccdd'
  const forms = fc.constantFrom(
    `"${hidden}"`,
    hidden,
    `"${hidden}`,
    `["${hidden}"]`,
    `\n${hidden}==`,
    `"""\n${hidden}`,
    `{ a = "${hidden}" }`,
  )
  const keys = [
    'federation_secret',
    'admin_password',
    'api_token',
    'viewer_token',
    'enrol',
    'url',
    'addr',
    'listen',
    'redis_url',
    'name',
  ]
  const header = fc.constantFrom('', '[room]\n', '[clients]\n', '[federation]\n', '[[federation.hubs]]\n', '[limits]\n')
  fc.assert(
    fc.property(header, fc.constantFrom(...keys), forms, (section, key, form) => {
      for (const fault of allFaults(`${section}${key} = ${form}\n`))
        assert.ok(!`${fault.key}${fault.reason}`.includes(hidden))
    }),
    { numRuns: 300 },
  )
})
