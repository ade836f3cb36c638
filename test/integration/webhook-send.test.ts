// A POST to a real endpoint: what counts as delivered, what is not waited for, and where nothing is ever sent.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type LookupFunction } from 'node:net'
import { test } from 'node:test'
import { type Sending, send } from '#hub/webhooks/send.ts'
import { signedHeaders } from '#hub/webhooks/signature.ts'
import { makeCertificate, testAuthority } from '#test/support/certificates.ts'
import { freePort } from '#test/support/free-port.ts'
import { WebhookReceiver } from '#test/support/webhook-receiver.ts'

const key = Buffer.from('a secret that both know')
const body = '{"type":"posts","posts":[]}'
const ca = testAuthority().cert

function sendTo(url: string, more: Partial<Sending> = {}) {
  const signal = new AbortController().signal
  const headers = signedHeaders(key, { id: 'msg_1', at: Date.now(), body })
  return send({ url, headers, body, allowPrivate: true, deadlineMs: 20_000, signal, ...more })
}

/** A DNS that says what the test says, however often it is asked. */
function dns(...answers: string[][]): LookupFunction & { asked: number } {
  const lookup = Object.assign(
    (_name: string, { all }: { all?: boolean }, done: (error: null, found: unknown, family?: number) => void) => {
      const addresses = (answers[Math.min(lookup.asked, answers.length - 1)] ?? []).map(address => ({
        address,
        family: address.includes(':') ? 6 : 4,
      }))
      lookup.asked += 1
      if (all) done(null, addresses)
      else done(null, addresses[0]?.address, addresses[0]?.family)
    },
    { asked: 0 },
  )
  return lookup as LookupFunction & { asked: number }
}

test('over TLS, signed, to a name whose certificate is good', async () => {
  await using receiver = await WebhookReceiver.start({
    key,
    tls: makeCertificate({ names: ['localhost'], ca: testAuthority() }),
  })
  assert.deepEqual(await sendTo(receiver.url, { ca }), { kind: 'delivered' })
  const [received] = receiver.received
  assert.deepEqual([received?.id, received?.isSigned, received?.type], ['msg_1', true, 'posts'])
})

test('a certificate that is not good is a failure', async () => {
  await using unknown = await WebhookReceiver.start({ key, tls: makeCertificate({ names: ['localhost'] }) })
  assert.deepEqual(await sendTo(unknown.url), { kind: 'failed', error: 'its certificate is signed by itself' })
  await using other = await WebhookReceiver.start({
    key,
    tls: makeCertificate({ names: ['elsewhere.example'], ca: testAuthority() }),
  })
  assert.deepEqual(await sendTo(other.url, { ca }), { kind: 'failed', error: 'its certificate is for another name' })
  assert.deepEqual([unknown.received, other.received], [[], []])
})

test('a redirect is not followed', async () => {
  await using elsewhere = await WebhookReceiver.start({ key })
  await using receiver = await WebhookReceiver.start({ key })
  receiver.answer = () => response => response.writeHead(302, { location: elsewhere.url }).end()
  const outcome = await sendTo(receiver.url)
  assert.match(outcome.kind === 'failed' ? outcome.error : '', /^HTTP 302: redirects are not followed/)
  assert.deepEqual(elsewhere.received, [])
})

test('an endpoint that answers nothing is waited for until the deadline', async () => {
  await using receiver = await WebhookReceiver.start({ key })
  receiver.answer = () => () => {}
  const outcome = await sendTo(receiver.url, { deadlineMs: 200 })
  assert.deepEqual(outcome, { kind: 'failed', error: 'no answer within 0.2 s' })
})

test('one that accepts the connection and says nothing at all, too', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  assert.deepEqual(await sendTo(`https://localhost:${port}/`, { deadlineMs: 200 }), {
    kind: 'failed',
    error: 'no answer within 0.2 s',
  })
  silent.close()
})

test('the body of an answer is not waited for, and an endless one is cut off', async () => {
  await using receiver = await WebhookReceiver.start({ key })
  let written = 0
  const ended = new Promise<void>(resolve => {
    receiver.answer = () => response => {
      response.on('close', resolve)
      response.writeHead(200)
      const more = () => {
        while (!response.closed && response.write('x'.repeat(64 * 1024))) written += 1
        if (!response.closed) response.once('drain', more)
      }
      more()
    }
  })
  assert.deepEqual(await sendTo(receiver.url), { kind: 'delivered' })
  await ended
  assert.ok(written < 200, `${written} x 64 KiB`)
})

test('a connection that ends without an answer, or cannot be had, is a failure in plain words', async () => {
  await using receiver = await WebhookReceiver.start({ key })
  receiver.answer = () => response => response.socket?.destroy()
  assert.deepEqual(await sendTo(receiver.url), { kind: 'failed', error: 'the connection was reset' })
  const nobody = `http://127.0.0.1:${await freePort()}/?token=hidden`
  assert.deepEqual(await sendTo(nobody), { kind: 'failed', error: 'the connection was refused' })
})

test('what was told to stop has no outcome', async () => {
  await using receiver = await WebhookReceiver.start({ key })
  const stop = new AbortController()
  receiver.answer = () => () => stop.abort(new Error('the hub stops'))
  await assert.rejects(sendTo(receiver.url, { signal: stop.signal }), /the hub stops/)
})

test('nothing is sent to an address that is not public', async () => {
  await using receiver = await WebhookReceiver.start({ key })
  const refused = {
    kind: 'failed',
    error: 'its address is not public: nothing is sent there unless allow_private = true',
  }
  const { port } = receiver
  for (const host of ['127.0.0.1', 'localhost', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])
    assert.deepEqual(await sendTo(`http://${host}:${port}/`, { allowPrivate: false }), refused, host)
  // A name may have an address of each kind: whoever set it up chooses which one would be used.
  for (const addresses of [
    ['127.0.0.1'],
    ['8.8.8.8', '127.0.0.1'],
    ['::ffff:127.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['169.254.169.254'],
  ])
    assert.deepEqual(
      await sendTo(`http://hooks.example.com:${port}/`, { allowPrivate: false, lookup: dns(addresses) }),
      refused,
      addresses.join(),
    )
  assert.deepEqual(receiver.received, [])
})

test('a name is asked for once a try: what was checked is where the connection goes', async () => {
  await using receiver = await WebhookReceiver.start({ key })
  const url = `http://hooks.example.com:${receiver.port}/`
  const allowed = dns(['127.0.0.1'], ['127.0.0.2'])
  assert.deepEqual(await sendTo(url, { lookup: allowed }), { kind: 'delivered' })
  const refused = dns(['10.0.0.1'], ['127.0.0.1'])
  assert.equal((await sendTo(url, { allowPrivate: false, lookup: refused })).kind, 'failed')
  assert.deepEqual([allowed.asked, refused.asked, receiver.received.length], [1, 1, 1])
})
