// Tokens: shown once, stored as a hash, and refused by a cache of at most 5 s after they are revoked.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { rightsOf } from '#common/http/roles.ts'
import {
  checkNewToken,
  newToken,
  TokenCache,
  type TokenRecord,
  tokenCacheMs,
  tokenHash,
  tokensMax,
} from '#hub/registry/tokens.ts'

test('a new token has 32 random bytes and its record only the SHA-256', () => {
  const { token, record } = newToken('operator', 'phone', 1000)
  assert.match(token, /^mcf_[A-Za-z0-9_-]{43}$/)
  assert.equal(record.hash, createHash('sha256').update(token).digest('hex'))
  assert.deepEqual(
    { ...record, id: '', hash: '' },
    { id: '', name: 'phone', role: 'operator', hash: '', createdAt: 1000 },
  )
  assert.equal(JSON.stringify(record).includes(token.slice(4)), false)
  assert.notEqual(newToken('viewer').token, newToken('viewer').token)
})

test('names that could not be told from an id, or not be shown, are refused', () => {
  assert.match(newToken('viewer').record.name, /^viewer-[0-9a-f]{8}$/)
  for (const name of ['', 'a'.repeat(65), 'a\nb', '0123abcd', '\ud800']) assert.throws(() => newToken('viewer', name))
})

test('there is an end to tokens', () => {
  const { record } = newToken('viewer')
  const known = Array.from({ length: tokensMax }, (_, n) => ({ ...record, name: `t ${n}` }))
  checkNewToken(record, known.slice(1))
  assert.throws(() => checkNewToken(record, known), { code: 'too_many_tokens', status: 409 })
})

test('roles give more rights one after the other', () => {
  assert.deepEqual(rightsOf('viewer'), { canRead: true, canPost: false, isAdmin: false })
  assert.deepEqual(rightsOf('operator'), { canRead: true, canPost: true, isAdmin: false })
  assert.deepEqual(rightsOf('admin'), { canRead: true, canPost: true, isAdmin: true })
})

test('what has not the form of a token is not looked for', async () => {
  let asked = 0
  const cache = new TokenCache(() => {
    asked += 1
    return Promise.resolve(undefined)
  })
  for (const token of ['', 'mcf_', `mcf_${'a'.repeat(42)}`, `mcf_${'a'.repeat(44)}`, `mcf_${'a'.repeat(42)}/`])
    assert.equal(await cache.find(token), undefined)
  assert.equal(asked, 0)
})

test('a revoked token dies within 5 s, an unknown one is asked for every time', async () => {
  const { token, record } = newToken('viewer')
  const known = new Map<string, TokenRecord>([[record.hash, record]])
  let now = 0
  let asked = 0
  const load = (hash: string) => {
    asked += 1
    return Promise.resolve(known.get(hash))
  }
  const cache = new TokenCache(load, () => now)
  assert.equal(await cache.find(token), record)
  known.clear()
  now = tokenCacheMs - 1
  assert.equal(await cache.find(token), record)
  assert.equal(asked, 1)
  now = tokenCacheMs
  assert.equal(await cache.find(token), undefined)
  known.set(tokenHash(token) ?? '', record)
  assert.equal(await cache.find(token), record)
})

test('the age of a cached token counts from the question, not from a late answer', async () => {
  const { token, record } = newToken('viewer')
  let now = 0
  let stored: TokenRecord | undefined = record
  const load = () => {
    const answer = stored
    now += 4000
    return Promise.resolve(answer)
  }
  const cache = new TokenCache(load, () => now)
  await cache.find(token)
  stored = undefined
  now = tokenCacheMs
  assert.equal(await cache.find(token), undefined)
})
