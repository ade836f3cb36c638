// How many tries to sign in anybody has, and that those who know a token are not among the losers.
import assert from 'node:assert/strict'
import test from 'node:test'
import { SignInLimit } from '#common/console/sign-in-limit.ts'
import { RateLimitError, StoreUnavailableError } from '#common/errors.ts'

function start() {
  let now = 5000
  const limit = new SignInLimit(() => now)
  const ask = (address: string, result: string | undefined) =>
    limit.try(address, async () => result).then(String, (error: RateLimitError) => error.retryAfterMs)
  /** How many of `count` wrong tries are looked at. */
  const guess = async (count: number, address: (i: number) => string) => {
    const answers = await Promise.all(Array.from({ length: count }, (_, i) => ask(address(i), undefined)))
    return answers.filter(answer => answer === 'undefined').length
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { limit, ask, guess, pass }
}

test('one address has ten wrong tries a minute, at once or one after the other', async () => {
  const { ask, guess, pass } = start()
  assert.equal(await guess(7, () => '192.0.2.1'), 7)
  pass(20_000)
  assert.equal(await guess(7, () => '192.0.2.1'), 3)
  assert.equal(await ask('192.0.2.1', 'Ann'), 40_000)
  assert.equal(await ask('192.0.2.2', 'Ann'), 'Ann')
  pass(40_000)
  assert.equal(await ask('192.0.2.1', 'Ann'), 'Ann')
})

test('all addresses of one IPv6 network are one, and so is this machine', async () => {
  const { guess } = start()
  assert.equal(await guess(30, i => `2001:db8:1:2::${i}`), 10)
  assert.equal(await guess(30, () => '127.0.0.1'), 10)
})

test('who signs in, or could not be told apart, has not tried in vain', async () => {
  const { limit, ask, guess } = start()
  for (let i = 0; i < 50; i += 1) assert.equal(await ask('192.0.2.1', 'Ann'), 'Ann')
  const away = () => Promise.reject(new StoreUnavailableError('away'))
  for (let i = 0; i < 50; i += 1) await assert.rejects(limit.try('192.0.2.1', away), StoreUnavailableError)
  assert.equal(await guess(11, () => '192.0.2.1'), 10)
})

test('when many addresses guess, each has one try, and who has not tried yet still gets in', async () => {
  const { ask, guess, pass } = start()
  assert.equal(await guess(20 * 12, i => `192.0.2.${i % 20}`), 200)
  assert.equal(await guess(20 * 12, i => `198.51.100.${i % 20}`), 20)
  assert.equal(await ask('203.0.113.7', 'Ann'), 'Ann')
  assert.equal(await guess(5000, i => `10.0.${i >> 8}.${i & 255}`), 2000 - 220)
  assert.equal(await ask('203.0.113.8', 'Ann'), 60_000)
  pass(60_000)
  assert.equal(await ask('203.0.113.8', 'Ann'), 'Ann')
})

test('a try that ends in another minute gives nothing back to that one', async () => {
  const { limit, guess, pass } = start()
  let end: (who: string) => void = () => {}
  const slow = limit.try('192.0.2.1', () => new Promise<string>(resolve => (end = resolve)))
  pass(60_000)
  assert.equal(await guess(10, () => '192.0.2.1'), 10)
  end('Ann')
  assert.equal(await slow, 'Ann')
  await assert.rejects(
    limit.try('192.0.2.1', async () => 'Ann'),
    RateLimitError,
  )
})
