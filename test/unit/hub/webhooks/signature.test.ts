// The headers by which a receiver knows us: known answers, and ids that stay the same.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { signedHeaders, webhookId } from '#hub/webhooks/signature.ts'

test('the example that the libraries of the Standard Webhooks project are tested with', () => {
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_999, body: '{"test": 2432232314}' }
  assert.deepEqual(signedHeaders(key, signed), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a secret as plain text, and a body in UTF-8', () => {
  const key = Buffer.from('a plain secret of 32 characters.')
  const body = '{"type":"posts","posts":[{"text":"Grüße 🌄"}]}'
  // printf 'msg_1.1700000000.{"type"…' | openssl dgst -sha256 -hmac 'a plain secret of 32 characters.' -binary | base64
  assert.equal(
    signedHeaders(key, { id: 'msg_1', at: 1_700_000_000_000, body })['webhook-signature'],
    'v1,zZOB9gcZ7ArVOAg6cknx8SdyFnME7ZqXyAyOx///LLs=',
  )
})

test('an id follows from its parts, and from where one part ends', () => {
  assert.equal(webhookId('bot', 'frontrange', 'epoch-0000000001', 1, 50), 'msg_ZtLoqvGy4EqHGfUgnj7-AVS8')
  assert.notEqual(webhookId('a', 'bc'), webhookId('ab', 'c'))
  assert.match(webhookId('bot', 'frontrange', 'epoch-0000000001', 1, 51), /^msg_[A-Za-z0-9_-]{24}$/)
})

test('the receiver in the README takes ours and nothing else', async () => {
  const readme = await readFile(new URL('../../../../hub/README.md', import.meta.url), 'utf8')
  const [, example = ''] = /```js\n([^`]*`[^`]*`[^`]*)```/.exec(readme) ?? []
  const key = Buffer.alloc(32, 9)
  const source = `const secret = 'whsec_${key.toString('base64')}'\n${example}`
  const { isOurs } = await import(`data:text/javascript,${encodeURIComponent(source)}`)
  const signed = { id: 'msg_1', at: Date.now(), body: '{"text":"Grüße"}' }
  const headers = signedHeaders(key, signed)
  assert.equal(isOurs(headers, Buffer.from(signed.body)), true)
  assert.equal(isOurs(headers, Buffer.from('{"text":"other"}')), false)
  assert.equal(isOurs(signedHeaders(Buffer.alloc(32), signed), signed.body), false)
  assert.equal(isOurs(signedHeaders(key, { ...signed, at: Date.now() - 400_000 }), signed.body), false)
  const rotated = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` }
  assert.equal(isOurs(rotated, signed.body), true)
})
