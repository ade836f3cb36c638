// A federation secret is long enough, is no placeholder, and is never repeated in a reason.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { secretFault } from '#common/config/secret.ts'

test('what openssl rand makes is accepted, in hex and in base64', () => {
  for (let i = 0; i < 50; i++) {
    assert.equal(secretFault(randomBytes(32).toString('hex')), undefined)
    assert.equal(secretFault(randomBytes(32).toString('base64')), undefined)
  }
})

const refused: [string, string | undefined, RegExp][] = [
  ['none', undefined, /is required.*openssl rand -hex 32/],
  ['the page’s placeholder', 'REPLACE_WITH_FEDERATION_PSK', /placeholder.*openssl rand -hex 32/],
  ['a long placeholder', `${'x7'.repeat(20)}_REPLACE_ME`, /placeholder/],
  ['change me', 'change_me_change_me_change_me_change_me', /placeholder/],
  ['the words of the design', '64 hex digits', /placeholder/],
  ['an ellipsis', `${'0123456789abcdef'.repeat(3)}…`, /placeholder/],
  ['three dots', `${'0123456789abcdef'.repeat(3)}...`, /placeholder/],
  ['31 characters', '0123456789abcdef0123456789abcde', /too short: 31 characters.*openssl rand -hex 32/],
  ['nothing', '', /too short: 0 characters/],
  ['one character', 'a'.repeat(64), /one character repeated.*openssl rand -hex 32/],
  ['a newline at the end', `${'0123456789abcdef'.repeat(4)}\n`, /blank/],
  ['too long', '0123456789abcdef'.repeat(100), /too long/],
]
for (const [name, text, reason] of refused) {
  test(`refused: ${name}`, () => {
    const fault = secretFault(text) ?? ''
    assert.match(fault, reason)
    if (text !== undefined && text.length > 13) assert.ok(!fault.includes(text))
  })
}

test('32 characters are enough', () => assert.equal(secretFault('0123456789abcdef'.repeat(2)), undefined))
