// The port of a MeshCore app over real sockets, with meshcore.js as the app: logging in, reading and posting.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test from 'node:test'
import { RequestError } from '#common/errors.ts'
import { guidFromContent } from '#common/guid.ts'
import type { Post } from '#common/post.ts'
import { LOCAL } from '#common/post-log.ts'
import { refusal } from '#edge/radio/companion-replies.ts'
import { otherCity, roomPublicKey, startAppPort, userPublicKey } from '#test/support/app-port.ts'
import type { MeshcoreApp } from '#test/support/meshcore-app.ts'
import { roomAndWriter } from '#test/support/room-and-writer.ts'
import { waitFor } from '#test/support/wait-for.ts'

const prefix = (key: Uint8Array) => Buffer.from(key).toString('hex').slice(0, 8)
const words = (texts: readonly { text: string }[]) => texts.map(({ text }) => text)
const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, i) => `post ${i + from}`)

/** The reason for which the last command was refused. */
async function refusalOf(app: MeshcoreApp, command: string, ...values: unknown[]): Promise<number | undefined> {
  const before = app.replies.length
  await app.call(command, ...values)
  const reply = await app.next(({ kind }) => kind === 'error' || kind === 'sent' || kind === 'ok', before)
  return reply.kind === 'error' ? reply.reason : undefined
}

test('before a login nothing of the room is told or taken', async t => {
  const { open, say, log, key } = await startAppPort(t)
  await say('secret')
  const app = await open()
  assert.deepEqual(await app.read(), [])
  assert.equal(await refusalOf(app, 'sendCommandSendTxtMsg', 0, 0, 1_790_000_000, key, 'no'), refusal.badState)
  assert.equal(await refusalOf(app, 'sendCommandSendStatusReq', key), refusal.badState)
  assert.equal(await app.login(key, ''), undefined)
  assert.equal(await app.login(key, 'hell'), undefined)
  assert.deepEqual(await app.read(), [])
  assert.equal(log.head.head, 1)
  assert.equal(await app.login(key, 'hello'), 2)
  assert.deepEqual(words(await app.read()), ['Ann: secret'])
  const logout = () => refusalOf(app, 'sendToRadioFrame', Uint8Array.of(29, ...key))
  assert.equal(await logout(), undefined)
  await say('secret again')
  assert.deepEqual(await app.read(), [])
})

test('what was read is told again after the line was cut, and not after an orderly end', async t => {
  const room = roomAndWriter()
  const { open, say, key, seconds } = await startAppPort(t, { room })
  await say('1', '2', '3')
  const first = await open()
  await first.login(key, 'hello')
  await first.call('syncNextMessage')
  await first.call('syncNextMessage')
  first.cut()
  const second = await open()
  await second.login(key, 'hello')
  await second.call('syncNextMessage')
  await second.close()
  const third = await open()
  await third.login(key, 'hello')
  assert.deepEqual(words(await third.read()), ['Ann: 3'])
  assert.deepEqual(
    words(second.all('old-contact-text').map(({ body }) => ({ text: Buffer.from(body.text).toString() }))),
    ['Ann: 2'],
  )
  // Another server that finds the same on its disk goes on from there.
  const again = await startAppPort(t, { seconds, room })
  await again.say('other')
  const fourth = await again.open()
  await fourth.login(key, 'hello')
  assert.deepEqual(words(await fourth.read()), ['Ann: other'])
})

test('the first login brings the last 32 posts, the next one all that came since', async t => {
  const { open, say, key } = await startAppPort(t)
  await say(...numbered(40))
  const app = await open()
  await app.login(key, 'hello')
  assert.deepEqual(words(await app.read()), words(numbered(32, 9).map(text => ({ text: `Ann: ${text}` }))))
  await app.close()
  await say(...numbered(60, 41))
  const later = await open()
  await later.login(key, 'hello')
  assert.equal((await later.read()).length, 60)
})

test('a retry is no second post, other words in the same second are, and all are those of a radio', async t => {
  const { open, log, key } = await startAppPort(t)
  const app = await open()
  await app.login(key, 'hello')
  await app.post(key, 'one', 1_790_000_000)
  await app.post(key, 'one', 1_790_000_000)
  await app.post(key, 'two', 1_790_000_000)
  const posts = (await log.readAfter(0, 10)).map(({ json }): Post => JSON.parse(json))
  assert.deepEqual(words(posts), ['one', 'two'])
  const time = Buffer.alloc(4)
  time.writeUInt32LE(1_790_000_000)
  assert.equal(posts[0]?.guid, guidFromContent('mcfed/1/post', roomPublicKey, userPublicKey, time, 'one'))
  assert.deepEqual(posts[0]?.author, { name: 'Ada', key: Buffer.from(userPublicKey).toString('hex') })
  assert.equal(posts[0]?.source, 'client')
  assert.deepEqual(await app.read(), [])
})

test('who may only read cannot post; texts and people that are not there are refused', async t => {
  const { open, say, log, key } = await startAppPort(t, { conf: { allowReadOnly: true } })
  await say('read me')
  const app = await open()
  assert.equal(await app.login(key, ''), 0)
  assert.deepEqual(words(await app.read()), ['Ann: read me'])
  const send = (text: string, to = key, type = 0) =>
    refusalOf(app, 'sendCommandSendTxtMsg', type, 0, 1_790_000_000, to, text)
  assert.equal(await send('no'), refusal.badState)
  await app.login(key, 'hello')
  assert.equal(await send('x'.repeat(161)), refusal.tableFull)
  assert.equal(await send('to nobody', new Uint8Array(32).fill(9)), refusal.notFound)
  assert.equal(await send('ver', key, 1), refusal.badState)
  assert.equal(await send('signed', key, 2), refusal.unsupportedCommand)
  await app.post(key, 'x'.repeat(160))
  assert.equal(log.head.head, 2)
})

test('an admin commands; the answer comes before the posts, and is not lost with the line', async t => {
  const { open, say, key } = await startAppPort(t)
  await say('a post')
  const app = await open()
  assert.equal(await app.login(key, 'master'), 3)
  const before = app.replies.length
  await app.call('sendCommandSendTxtMsg', 1, 0, 1_790_000_000, key, 'get name')
  const sent = await app.next(({ kind }) => kind === 'sent', before)
  assert.ok(sent.kind === 'sent' && Buffer.from(sent.tag).equals(Buffer.alloc(4)))
  await app.next(({ kind }) => kind === 'texts-waiting', before + 1)
  await waitFor(() => app.call('syncNextMessage').then(() => app.all('old-contact-text').at(-1)?.body.type === 1), {
    what: 'the answer',
  })
  const { body } = app.all('old-contact-text').at(-1) ?? assert.fail()
  assert.deepEqual([body.authorPrefix, Buffer.from(body.text).toString()], [undefined, '> City A'])
})

test('an app that has no password yet may say it empty as often as it likes', async t => {
  const { open, key } = await startAppPort(t)
  const app = await open()
  for (let i = 0; i < 8; i += 1) void app.call('sendCommandSendLogin', key, '')
  await waitFor(() => app.all('login-failed').length === 8, { what: 'eight refusals' })
  assert.equal(await app.login(key, 'hello'), 2)
})

test('five wrong passwords and the address must wait, even with the right one', async t => {
  const { open, key } = await startAppPort(t)
  const app = await open()
  for (let i = 0; i < 5; i += 1) void app.call('sendCommandSendLogin', key, `guess ${i}`)
  await waitFor(() => app.all('login-failed').length === 5, { what: 'five refusals' })
  assert.equal(await app.login(key, 'hello'), undefined)
})

test('authors with a key are contacts, of other cities with their city; those without are named in the text', async t => {
  const { open, say, log, writer, key } = await startAppPort(t)
  const [near, far] = ['ab', 'cd'].map(byte => byte.repeat(32))
  const post = async (origin: string, author: Post['author'], text: string) => {
    const guid = guidFromContent('test', text)
    const json = JSON.stringify({
      ...{ guid, room: log.room, origin, at: Date.now(), author, source: 'lora', text, sig: 'A'.repeat(86) },
    })
    await log.append({ from: LOCAL, posts: [{ guid, at: Date.now(), json }] })
  }
  await post(writer.origin, { name: 'Bea', key: near ?? '' }, 'near')
  await post(otherCity, { name: 'Cid', key: far ?? '' }, 'far')
  // Whoever uses a key that this server knows itself does not get its name.
  await post(otherCity, { name: 'Bea', key: near ?? '' }, 'I am Bea')
  await post(otherCity, { name: 'Dan', key: 'cdcdcdcd' }, 'hardly known')
  await say('by script')
  const app = await open()
  assert.equal((await app.contacts()).length, 1)
  await app.login(key, 'hello')
  assert.deepEqual(
    (await app.read()).map(({ author, text }) => [author, text]),
    [
      ['abababab', 'near'],
      ['cdcdcdcd', 'far'],
      [prefix(key), 'Bea@City B: I am Bea'],
      [prefix(key), 'Dan@City B: hardly known'],
      [prefix(key), 'Ann: by script'],
    ],
  )
  // The app hears of each before it reads him, once.
  assert.deepEqual(
    app.all('advert').map(({ publicKey }) => prefix(publicKey)),
    ['abababab', 'cdcdcdcd'],
  )
  const people = (await app.contacts()).map(({ advName, type }) => [advName, type])
  assert.deepEqual(people, [
    ['City A', 3],
    ['Bea', 1],
    ['Cid@City B', 1],
  ])
  // What is known and has not changed is not told again; the room is.
  const before = app.replies.length
  await app.call('sendCommandGetContacts', 0xffff_ffff)
  await app.next(({ kind }) => kind === 'contacts-end', before)
  assert.equal(app.replies.slice(before).filter(({ kind }) => kind === 'contact').length, 1)
})

test('who is blocked is neither heard nor told anything, and of blocked authors nothing is told', async t => {
  const { open, say, log, settings, key } = await startAppPort(t)
  const app = await open()
  await app.login(key, 'hello')
  settings.block('name:Ann', 'test')
  await say('from Ann')
  assert.deepEqual(await app.read(), [])
  settings.unblock('name:Ann', 'test')
  settings.block(Buffer.from(userPublicKey).toString('hex'), 'test')
  await say('not for Ada')
  assert.deepEqual(await app.read(), [])
  assert.equal(await refusalOf(app, 'sendCommandSendTxtMsg', 0, 0, 1_790_000_000, key, 'no'), refusal.badState)
  assert.equal(await app.login(key, 'hello'), undefined)
  assert.equal(log.head.head, 2)
})

test('who posts too much is not confirmed, and his retry later is', async t => {
  let isOpen = false
  const gate = { refusal: () => (isOpen ? undefined : new RequestError(429, 'slow', 'slow')), takeBack: () => {} }
  const { open, log, key } = await startAppPort(t, { room: roomAndWriter('frontrange', {}, gate) })
  const app = await open()
  await app.login(key, 'hello')
  await app.call('sendCommandSendTxtMsg', 0, 0, 1_790_000_000, key, 'much')
  await app.call('sendCommandSendStatusReq', key)
  await waitFor(() => app.all('status').length === 1, { what: 'the answer behind it' })
  assert.equal(app.all('confirmed').length, 0)
  isOpen = true
  await app.post(key, 'much', 1_790_000_000)
  assert.equal(log.head.head, 1)
})

test('a long post comes in parts, each with its number', async t => {
  const { open, say, key } = await startAppPort(t)
  await say('wort '.repeat(110))
  const app = await open()
  await app.login(key, 'hello')
  const texts = words(await app.read())
  assert.equal(texts.length, 5)
  assert.match(texts[4] ?? '', /^Ann: wort .*\(5\/5\)$/)
  assert.ok(texts.every(text => Buffer.byteLength(text) <= 150))
})

test('an app is told that texts wait, and again when it stops reading before the end', async t => {
  const { open, say, key } = await startAppPort(t)
  const app = await open()
  await app.login(key, 'hello')
  await say('1')
  await waitFor(() => app.all('texts-waiting').length === 1, { what: 'the first bell' })
  await app.read()
  await say('2', '3')
  await waitFor(() => app.all('texts-waiting').length === 2, { what: 'the second bell' })
  await app.call('syncNextMessage')
  await waitFor(() => app.all('texts-waiting').length === 3, { what: 'the third bell' })
  await app.call('syncNextMessage')
  await app.call('syncNextMessage')
  assert.equal(app.all('no-more-texts').length, 2)
})

test('the newest app takes the place of the one before, and what is no app takes nobody’s', async t => {
  const lines: string[] = []
  const { open, server, key } = await startAppPort(t, { lines, limits: { firstMs: 60_000 } })
  const old = await open()
  const page = connect(server.port, '127.0.0.1')
  let answered = ''
  page.on('data', data => {
    answered += data.toString('latin1')
  })
  page.write('POST / HTTP/1.1\r\nHost: x\r\n\r\n<\x01\0\x05')
  let isGone = false
  page.once('close', () => {
    isGone = true
  })
  await waitFor(() => isGone, { what: 'the page to be cut off' })
  assert.deepEqual([answered, old.isClosed, server.isUsed()], ['', false, true])
  const young = await open()
  await waitFor(() => old.isClosed, { what: 'the old one to be fenced' })
  assert.equal(await young.login(key, 'hello'), 2)
  assert.match(lines.join(''), /connected \(user=Ada address=127.0.0.1 insteadOf=127.0.0.1\)/)
  await young.close()
  await waitFor(() => !server.isUsed(), { what: 'nobody to be there' })
})

test('who says nothing, or nothing more, is let go', async t => {
  const hasty = await startAppPort(t, { limits: { firstMs: 100 } })
  const silent = connect(hasty.server.port, '127.0.0.1')
  silent.resume()
  await new Promise(resolve => silent.once('close', resolve))
  const { open } = await startAppPort(t, { limits: { idleMs: 2000 } })
  const app = await open()
  await waitFor(() => app.isClosed, { what: 'the idle app to be let go' })
})

test('a frame that is cut or damaged costs no more than itself', async t => {
  const { open, key } = await startAppPort(t)
  const app = await open()
  const before = app.replies.length
  app.peer.socket.write(Buffer.from('3c', 'hex'))
  app.peer.socket.write(Buffer.from('ffff3c01000a', 'hex'))
  await app.next(({ kind }) => kind === 'no-more-texts', before)
  app.peer.socket.write(Buffer.from('3c01001a', 'hex'))
  const short = await app.next(({ kind }) => kind === 'error', before)
  assert.deepEqual(short, { kind: 'error', reason: refusal.unsupportedCommand })
  assert.equal(await app.login(key, 'hello'), 2)
})

test('a store that is away confirms nothing and loses nothing', async t => {
  const room = roomAndWriter()
  const { open, log, key } = await startAppPort(t, { room })
  const app = await open()
  await app.login(key, 'hello')
  log.unavailable = true
  const before = app.replies.length
  await app.call('sendCommandSendTxtMsg', 0, 0, 1_790_000_000, key, 'wait')
  await app.next(({ kind }) => kind === 'sent', before)
  // Longer than a confirmation would take.
  await app.call('sendCommandSendStatusReq', key)
  await app.next(({ kind }) => kind === 'status', before)
  assert.equal(app.all('confirmed').length, 0)
  log.unavailable = false
  await app.post(key, 'wait', 1_790_000_000)
  assert.equal(app.all('confirmed').length, 1)
  assert.equal(log.head.head, 1)
})

test('who comes without a password does not read away what the user has not read', async t => {
  const { open, say, key } = await startAppPort(t, { conf: { allowReadOnly: true } })
  await say('1', '2')
  const stranger = await open()
  assert.equal(await stranger.login(key, ''), 0)
  assert.deepEqual(words(await stranger.read()), ['Ann: 1', 'Ann: 2'])
  assert.equal(await stranger.login(key, 'hello'), 2)
  assert.deepEqual(words(await stranger.read()), ['Ann: 1', 'Ann: 2'])
  await stranger.close()
  const again = await open()
  assert.equal(await again.login(key, ''), 0)
  assert.deepEqual(words(await again.read()), [])
})
