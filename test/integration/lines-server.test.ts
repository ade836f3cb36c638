// The lines port over real sockets: joining, posting and following.
import assert from 'node:assert/strict'
import test from 'node:test'
import { join, startLines } from '#test/support/lines-port.ts'

test('joins, posts, and gets its own and other posts', async t => {
  const { log, say, open } = await startLines(t)
  await say('old')
  const client = open()
  client.send({ ...join, password: 'guest' })
  const { epoch } = log.head
  assert.deepEqual(await client.next('joined'), { t: 'joined', room: 'frontrange', epoch, head: 1, rights: 'post' })
  client.send({ t: 'send', id: 'a1', text: 'from a script' })
  const stored = await client.next('stored')
  const post = await client.next('post')
  assert.deepEqual([stored.id, stored.offset, stored.guid], ['a1', 2, post.guid])
  assert.deepEqual(
    [post.author, post.source, post.text, post.room],
    [{ name: 'Script' }, 'client', 'from a script', 'frontrange'],
  )
  await say('from elsewhere')
  assert.equal((await client.next('post', 1)).text, 'from elsewhere')
  client.send({ t: 'ping' })
  await client.next('pong')
  client.send({ t: 'leave' }, { t: 'send', text: 'too late' })
  await client.closed()
  assert.equal(log.head.head, 3)
})

test('the backlog since an offset or a cursor comes first, and can be played again', async t => {
  const { log, say, open } = await startLines(t)
  await say('1', '2', '3')
  const client = open()
  client.send({ ...join, since: 1 })
  await client.next('post', 1)
  client.send({ t: 'replay', since: 0 })
  await client.next('post', 4)
  assert.deepEqual(client.texts(), ['2', '3', '1', '2', '3'])
  const other = open()
  other.send({ ...join, since: { epoch: log.head.epoch, offset: 2 } })
  assert.equal((await other.next('post')).text, '3')
  const strange = open()
  strange.send({ ...join, since: { epoch: 'AAAAAAAAAAAAAAAA', offset: 2 } })
  await strange.next('post', 2)
  assert.deepEqual(
    strange.lines.map(line => line.t),
    ['joined', 'reset', 'post', 'post', 'post'],
  )
})

test('a script may say all it has, stop, and still get every answer', async t => {
  const { open, log } = await startLines(t)
  const client = open()
  const sends = Array.from({ length: 50 }, (_, i) => ({ t: 'send', id: String(i), text: `post ${i}`, key: `k${i}` }))
  client.send(join, ...sends)
  client.socket.end()
  await client.closed()
  const ids = client.lines.flatMap(line => (line.t === 'stored' ? [line.id] : []))
  assert.deepEqual(
    ids,
    sends.map(({ id }) => id),
  )
  assert.equal(log.head.head, 50)
})

test('an answer that takes its time reaches a script that has stopped speaking', async t => {
  const { open } = await startLines(t, { wrongPasswordMs: 200 })
  const client = open()
  client.send({ ...join, password: 'guess' })
  client.socket.end()
  await client.closed()
  assert.deepEqual(
    client.lines.map(line => line.code),
    ['wrong_password'],
  )
})

test('a key stores once, and is not taken for another post', async t => {
  const { open, log } = await startLines(t)
  const client = open()
  client.send(join, { t: 'send', text: 'once', key: 'k' }, { t: 'send', text: 'once', key: 'k' })
  const again = await client.next('stored', 1)
  assert.deepEqual([again.duplicate, again.guid], [true, (await client.next('stored')).guid])
  client.send({ t: 'send', id: 'x', text: 'twice', key: 'k' })
  assert.deepEqual([(await client.next('error')).code, log.head.head], ['key_reused', 1])
})

test('rights by password; a room may be read without one', async t => {
  const { open } = await startLines(t, {}, { allowReadOnly: true })
  const admin = open()
  admin.send({ ...join, password: 'root' })
  assert.equal((await admin.next('joined')).rights, 'admin')
  const local = open()
  local.send(join)
  assert.equal((await local.next('joined')).rights, 'post')
})
