// The HTTP API over real sockets: what it answers to good and to bad requests.
import assert from 'node:assert/strict'
import test from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { ask, postsPath, startApi } from '#test/support/api-server.ts'

test('a post comes back as the API promises it', async t => {
  const { app, log } = await startApi(t)
  const posted = await ask(app, postsPath, { body: { text: 'hello\nall', author: 'Ann' } })
  assert.equal(posted.status, 201)
  const { json } = await ask(app, postsPath)
  const [post] = json.posts
  const { guid, origin, at, receivedAt, ...rest } = post
  assert.deepEqual(rest, {
    room: 'frontrange',
    author: { name: 'Ann' },
    source: 'client',
    text: 'hello\nall',
    offset: 1,
  })
  assert.equal(guid, posted.json.guid)
  assert.equal(posted.json.offset, 1)
  assert.match(origin, /^[A-Za-z0-9_-]{43}$/)
  assert.ok(Number.isInteger(at) && Number.isInteger(receivedAt))
  assert.deepEqual([json.epoch, json.head], [log.head.epoch, 1])
  const { json: listed } = await ask(app, '/api/v1/rooms')
  assert.deepEqual(listed, { rooms: [{ room: 'frontrange', epoch: log.head.epoch, first: 1, head: 1 }] })
})

test('what is for another server is not stored here', async t => {
  const { app, log, writer } = await startApi(t)
  const body = { text: 'Two hurt at the mill', author: 'Kim' }
  const meant = (id: string) => ask(app, postsPath, { body, headers: { 'mcfed-server': id, 'idempotency-key': 'k' } })
  for (const id of ['x'.repeat(43), '', `${writer.origin}, ${writer.origin}`]) {
    const refused = await meant(id)
    assert.deepEqual([refused.status, refused.json.error, log.head.head], [421, 'other_server', 0])
    assert.ok(refused.json.message.includes(writer.origin))
  }
  assert.deepEqual([(await meant(writer.origin)).status, log.head.head], [201, 1])
})

test('an idempotency key makes a retry harmless, and is not taken for another post', async t => {
  const { app, log } = await startApi(t)
  const body = { text: 'once', author: { name: 'Ann', key: '0badcafe' } }
  const headers = { 'idempotency-key': 'key 1' }
  const first = await ask(app, postsPath, { body, headers })
  const again = await ask(app, postsPath, { body, headers })
  assert.deepEqual([first.status, again.status], [201, 200])
  assert.deepEqual([again.json.guid, again.json.offset], [first.json.guid, first.json.offset])
  const other = await ask(app, postsPath, { body: { ...body, text: 'another' }, headers })
  assert.deepEqual([other.status, other.json.error], [422, 'key_reused'])
  assert.equal(log.head.head, 1)
  for (const key of ['', 'x'.repeat(129), 'a\tb', 'ä']) {
    const refused = await ask(app, postsPath, { body, headers: { 'idempotency-key': key } })
    assert.deepEqual([refused.status, refused.json.error], [400, 'bad_key'], key)
  }
})

test('pages: the newest, forwards, backwards, between', async t => {
  const { app, say } = await startApi(t)
  await say(...Array.from({ length: 120 }, (_, i) => `p${i + 1}`))
  const offsets = async (query: string) => {
    const { json } = await ask(app, `${postsPath}${query}`)
    const all: number[] = json.posts.map((post: { offset: number }) => post.offset)
    return [all.length, all[0], all.at(-1)]
  }
  assert.deepEqual(await offsets(''), [100, 21, 120])
  assert.deepEqual(await offsets('?limit=3'), [3, 118, 120])
  assert.deepEqual(await offsets('?after=0&limit=500'), [120, 1, 120])
  assert.deepEqual(await offsets('?after=117'), [3, 118, 120])
  assert.deepEqual(await offsets('?after=120'), [0, undefined, undefined])
  assert.deepEqual(await offsets('?after=999'), [0, undefined, undefined])
  assert.deepEqual(await offsets('?before=21'), [20, 1, 20])
  assert.deepEqual(await offsets('?before=50&limit=10'), [10, 40, 49])
  assert.deepEqual(await offsets('?before=1'), [0, undefined, undefined])
  assert.deepEqual(await offsets('?after=10&before=13'), [2, 11, 12])
})

test('searches texts and names in any case, and says where it stopped', async t => {
  const { app, log, writer, say } = await startApi(t)
  await say('Grüße', 'two', 'ZWEI', 'two again')
  await writer.write(log, { text: 'three', author: { name: 'TwoFace' }, source: 'client' })
  const search = async (query: string) => {
    const { json } = await ask(app, `${postsPath}?${query}`)
    return [json.posts.map((post: { offset: number }) => post.offset), json.scannedTo, json.more]
  }
  assert.deepEqual(await search('q=TWO'), [[2, 4, 5], 1, false])
  assert.deepEqual(await search('q=two&limit=2'), [[4, 5], 4, true])
  assert.deepEqual(await search('q=two&limit=2&before=4'), [[2], 1, false])
  assert.deepEqual(await search('q=two&limit=1&after=0'), [[2], 2, true])
  assert.deepEqual(await search('q=two&after=2'), [[4, 5], 5, false])
  assert.deepEqual(await search(`q=${encodeURIComponent('GRÜSSE')}`), [[], 1, false])
  assert.deepEqual(await search(`q=${encodeURIComponent('grüß')}`), [[1], 1, false])
})

test('searches by author, by the server of origin and by time, alone and together', async t => {
  const { app, log } = await startApi(t)
  const day = Date.now() - 86_400_000
  const [here, there] = ['h', 't'].map(letter => `${letter.repeat(42)}A`)
  const posts = [
    ['Ann', here, 1, 'a'],
    ['Bob', there, 2, 'b'],
    ['annabel', there, 3, 'c'],
    ['Ann', here, 4, 'came late'],
  ].map(([name, origin, hour, text], i) => {
    const guid = `00000000-0000-4000-8000-00000000000${i}`
    const at = day + Number(hour) * 3_600_000
    return {
      guid,
      at,
      json: JSON.stringify({ guid, room: log.room, origin, at, author: { name }, source: 'client', text }),
    }
  })
  await log.append({ from: 'local', posts: [3, 0, 1, 2].flatMap(i => posts[i] ?? []) })
  const search = async (query: string) => {
    const { json } = await ask(app, `${postsPath}?${query}`)
    return [json.posts.map(({ text }: { text: string }) => text).join(), json.more]
  }
  assert.deepEqual(await search('author=ANN'), ['came late,a,c', false])
  assert.deepEqual(await search(`origin=${there}`), ['b,c', false])
  assert.deepEqual(await search(`origin=${there}&author=ann`), ['c', false])
  assert.deepEqual(await search(`author=ann&q=late`), ['came late', false])
  assert.deepEqual(await search(`since=${day + 2 * 3_600_000}&until=${day + 3 * 3_600_000}`), ['b,c', false])
  assert.deepEqual(await search(`since=${day + 2 * 3_600_000}&after=0`), ['came late,b,c', false])
  assert.deepEqual(await search(`until=${day + 3_600_000}`), ['a', false])
  assert.deepEqual(await search(`until=${day}`), ['', false])
  assert.deepEqual(await search(`since=${day}&limit=1`), ['c', true])
})

test('what came in long before the time asked for is not looked through', async t => {
  let now = Date.now()
  const { app, log, say } = await startApi(t, {}, { now: () => now })
  await say('old')
  const [old] = await log.readAfter(0, 1)
  const posts = Array.from({ length: 700 }, (_, i) => ({ guid: `old ${i}`, at: now, json: old?.json ?? '' }))
  await log.append({ from: 'local', posts })
  now += 3 * 3_600_000
  const since = now - 60_000
  await log.append({ from: 'local', posts: [{ guid: 'new', at: now, json: old?.json.replace('old', 'new') ?? '' }] })
  const reads = t.mock.method(log, 'readAfter')
  const { json } = await ask(app, `${postsPath}?since=${since}`)
  assert.deepEqual([json.posts.length, json.more, json.scannedTo], [1, false, 702])
  assert.equal(reads.mock.callCount(), 1)
})

test('one post is found by its GUID, with where it lies', async t => {
  const { app, log, say } = await startApi(t)
  await say('one', 'two', 'three')
  const { json: page } = await ask(app, postsPath)
  const [, two] = page.posts
  const found = await ask(app, `${postsPath}/${two.guid}`, { token: 'reader' })
  const { epoch } = log.head
  assert.deepEqual([found.status, found.json], [200, { post: two, epoch, first: 1, head: 3 }])
  const refused = async (path: string, token: string | null = 'reader') => {
    const { status, json } = await ask(app, path, { token })
    return [status, json.error]
  }
  assert.deepEqual(await refused(`${postsPath}/00000000-0000-4000-8000-000000000000`), [404, 'unknown_post'])
  assert.deepEqual(await refused(`${postsPath}/TWO`), [400, 'bad_request'])
  assert.deepEqual(await refused(`/api/v1/rooms/nowhere/posts/${two.guid}`), [404, 'unknown_room'])
  assert.deepEqual(await refused(`${postsPath}/${two.guid}`, null), [401, 'unauthorized'])
})

test('a search looks at 10,000 posts at most, and goes on where it is told to', async t => {
  const { app, log, say } = await startApi(t)
  await say('needle')
  const [needle] = await log.readAfter(0, 1)
  const json = needle?.json.replace('needle', 'hay') ?? ''
  const posts = Array.from({ length: 10_600 }, (_, i) => ({ guid: `hay ${i}`, at: Date.now(), json }))
  await log.append({ from: 'local', posts })
  const { json: cut } = await ask(app, `${postsPath}?q=needle`)
  assert.deepEqual([cut.posts, cut.more, cut.scannedTo], [[], true, 602])
  const { json: rest } = await ask(app, `${postsPath}?q=needle&before=${cut.scannedTo}`)
  assert.deepEqual([rest.posts.length, rest.more], [1, false])
})

test('many searches at once take turns, who asks for too many is refused, and whoever only reads waits for none', async t => {
  const { app, log, say } = await startApi(t)
  await say('needle')
  const gate = Promise.withResolvers<void>()
  const readAfter = log.readAfter.bind(log)
  const reading = { now: 0, most: 0 }
  log.readAfter = async (after, limit) => {
    // A page, of one who only reads.
    if (limit === 100) return readAfter(after, limit)
    reading.now += 1
    reading.most = Math.max(reading.most, reading.now)
    await gate.promise
    reading.now -= 1
    return readAfter(after, limit)
  }
  const refused: (string | null)[] = []
  const answers = Array.from({ length: 20 }, async () => {
    const { status, json, headers } = await ask(app, `${postsPath}?q=needle`)
    if (status === 429) refused.push(`${json.error} ${headers.get('retry-after')}`)
    // The last that is refused lets the others go on.
    if (refused.length === 4) gate.resolve()
    return status
  })
  assert.equal((await ask(app, postsPath)).json.posts.length, 1)
  const statuses = await Promise.all(answers)
  assert.deepEqual(
    refused,
    Array.from({ length: 4 }, () => 'too_many_searches 2'),
  )
  assert.deepEqual([statuses.filter(status => status === 200).length, reading.most], [16, 1])
})

test('bad queries are refused by the name of the field', async t => {
  const { app } = await startApi(t)
  const bad = [
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['after=-1', 'after'],
    ['before=1e3', 'before'],
    ['q=', 'q'],
    [`q=${'x'.repeat(101)}`, 'q'],
    ['foo=1', 'foo'],
    ['author=', 'author'],
    ['origin=me', 'origin'],
    ['since=now', 'since'],
    ['until=1.5', 'until'],
  ]
  for (const [query, field = ''] of bad) {
    const { status, json } = await ask(app, `${postsPath}?${query}`)
    assert.deepEqual([status, json.error], [400, 'bad_request'], query)
    assert.ok(json.message.includes(field), json.message)
  }
})

test('bad bodies are refused, say why, and store nothing', async t => {
  const { app, log } = await startApi(t)
  const bad: [unknown, number, string][] = [
    [{ text: '', author: 'Ann' }, 400, 'bad_text'],
    [{ text: 'x'.repeat(601), author: 'Ann' }, 400, 'bad_text'],
    [{ text: 'ü'.repeat(301), author: 'Ann' }, 400, 'bad_text'],
    [{ text: 'bell\u0007', author: 'Ann' }, 400, 'bad_text'],
    [{ text: 'nul\u0000', author: 'Ann' }, 400, 'bad_text'],
    ['{"text":"\\ud800","author":"Ann"}', 400, 'bad_text'],
    [{ text: 'a', author: '' }, 400, 'bad_author'],
    [{ text: 'a', author: 'x'.repeat(33) }, 400, 'bad_author'],
    [{ text: 'a', author: { name: 'Ann', key: 'zz' } }, 400, 'bad_author'],
    [{ text: 'a' }, 400, 'bad_request'],
    [{ author: 'Ann' }, 400, 'bad_request'],
    [{ text: 5, author: 'Ann' }, 400, 'bad_request'],
    [{ text: 'a', author: 'Ann', source: 'lora' }, 400, 'bad_request'],
    [[], 400, 'bad_request'],
    ['null', 400, 'bad_request'],
    ['{"text":', 400, 'bad_json'],
    ['', 400, 'bad_json'],
    [Buffer.from([...Buffer.from('{"text":"'), 0xff, 0xfe, ...Buffer.from('","author":"Ann"}')]), 400, 'bad_json'],
    [{ text: 'x'.repeat(17_000), author: 'Ann' }, 413, 'too_large'],
  ]
  for (const [body, expected, error] of bad) {
    const { status, json } = await ask(app, postsPath, { body })
    assert.deepEqual([status, json.error], [expected, error], JSON.stringify(body)?.slice(0, 60))
    assert.ok(json.message.length > 10)
  }
  const form = await ask(app, postsPath, { body: 'text=a', headers: { 'content-type': 'text/plain' } })
  assert.deepEqual([form.status, form.json.error], [415, 'not_json'])
  assert.equal(log.head.head, 0)
})

test('no token, a wrong one, one without the right, an unknown room', async t => {
  const { app } = await startApi(t)
  const body = { text: 'a', author: 'Ann' }
  const none = await ask(app, postsPath, { token: null })
  assert.deepEqual(
    [none.status, none.json.error, none.headers.get('www-authenticate')],
    [401, 'unauthorized', 'Bearer'],
  )
  assert.equal((await ask(app, postsPath, { token: 'guess', body })).status, 401)
  assert.equal((await ask(app, postsPath, { token: 'reader', body })).status, 403)
  assert.equal((await ask(app, postsPath, { token: 'reader' })).status, 200)
  for (const room of ['nowhere', '..%2f..', '%00', 'x'.repeat(90)]) {
    const unknown = await ask(app, `/api/v1/rooms/${room}/posts`, { body })
    assert.deepEqual([unknown.status, unknown.json.error], [404, 'unknown_room'], room)
    assert.ok(!unknown.text.includes('frontrange'))
  }
  const outside = await ask(app, '/api/v1/rooms/nowhere/posts', { token: null })
  assert.equal(outside.status, 401, 'who has no token does not learn which rooms there are')
})

test('a store that is away is a 503 that says when to come back', async t => {
  const { app, log } = await startApi(t)
  log.unavailable = true
  const { status, json, headers } = await ask(app, postsPath, { body: { text: 'a', author: 'Ann' } })
  assert.deepEqual([status, json.error, headers.get('retry-after')], [503, 'store_unavailable', '5'])
})

test('unknown paths and broken URLs are JSON too, and every answer has the security headers', async t => {
  const { app } = await startApi(t)
  const missing = await ask(app, '/wp-login.php')
  assert.deepEqual([missing.status, missing.json.error], [404, 'not_found'])
  const broken = await ask(app, '/api/v1/rooms/%zz/posts')
  assert.deepEqual([broken.status, broken.json.error], [400, 'bad_url'])
  for (const { headers } of [missing, broken, await ask(app, '/livez'), await ask(app, postsPath, { token: null })]) {
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/)
  }
})

test('long answers are compressed for who can take them so, and are the same', async t => {
  const { app, say } = await startApi(t)
  await say(...Array.from({ length: 50 }, (_, i) => `the ${i}th post, and much like the one before, ü`))
  const headers = { authorization: 'Bearer reader' }
  const plain = await app.inject({ path: postsPath, headers })
  assert.deepEqual([plain.headers['content-encoding'], plain.headers.vary], [undefined, 'accept-encoding'])
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const [accepted, encoding] of [
    ['gzip, deflate, br', 'br'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
  ] as const) {
    const answer = await app.inject({ path: postsPath, headers: { ...headers, 'accept-encoding': accepted } })
    assert.equal(answer.headers['content-encoding'], encoding)
    assert.equal(Number(answer.headers['content-length']), answer.rawPayload.length)
    assert.ok(answer.rawPayload.length * 3 < plain.rawPayload.length)
    assert.equal(decoders[encoding](answer.rawPayload).toString(), plain.body)
  }
  // What was compressed for another question is not the answer to this one.
  for (const limit of [44, 45, 46, 47, 48, 44]) {
    const path = `${postsPath}?limit=${limit}`
    const answer = await app.inject({ path, headers: { ...headers, 'accept-encoding': 'br' } })
    assert.equal(brotliDecompressSync(answer.rawPayload).toString(), (await app.inject({ path, headers })).body)
  }
  for (const [path, accepted] of [
    [postsPath, 'deflate, br;q=0.0'],
    ['/api/v1/rooms', 'gzip, br'],
  ] as const) {
    const answer = await app.inject({ path, headers: { ...headers, 'accept-encoding': accepted } })
    assert.equal(answer.headers['content-encoding'], undefined)
  }
})
