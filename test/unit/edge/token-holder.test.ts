// What each token of the config gives, and that nothing else gives anything.
import assert from 'node:assert/strict'
import test from 'node:test'
import { tokenHolder } from '#edge/token-holder.ts'

const tokens = { apiToken: 'a'.repeat(24), operatorToken: 'o'.repeat(24), viewerToken: 'v'.repeat(24) }

test('each token gives its role', () => {
  assert.deepEqual(tokenHolder(tokens.apiToken, tokens), { role: 'admin', who: 'api_token' })
  assert.deepEqual(tokenHolder(tokens.operatorToken, tokens), { role: 'operator', who: 'operator_token' })
  assert.deepEqual(tokenHolder(tokens.viewerToken, tokens), { role: 'viewer', who: 'viewer_token' })
})

test('any other gives nothing, above all where the config has none', () => {
  for (const given of ['', 'undefined', 'a'.repeat(23), 'a'.repeat(25), 'A'.repeat(24)]) {
    assert.equal(tokenHolder(given, tokens), undefined)
    assert.equal(tokenHolder(given, {}), undefined)
  }
})
