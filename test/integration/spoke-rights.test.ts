// What operators decide about spokes, with the hub in this process: by the API, on live links, and what a stranger learns of it.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { AuditEntry } from '#common/audit-entry.ts'
import type { Role } from '#common/http/roles.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import { makeHello } from '#common/protocol/handshake.ts'
import { FileRegistry } from '#hub/registry/file-registry.ts'
import { newToken } from '#hub/registry/tokens.ts'
import type { ListedSpoke } from '#hub/rights/spoke-list.ts'
import { testAuthority } from '#test/support/certificates.ts'
import { hubInProcess } from '#test/support/hub-in-process.ts'
import { testRoom } from '#test/support/programs.ts'
import { openRawSocket, RawLink } from '#test/support/raw-link.ts'
import { waitFor } from '#test/support/wait-for.ts'

async function hubWith(t: TestContext, enrol: 'open' | 'approve') {
  const { port, dataDir, log, lines } = await hubInProcess(t, `enrol = "${enrol}"\n`)
  const registry = await FileRegistry.open({ dir: dataDir, log })
  const tokenOf = async (role: Role) => {
    const { token, record } = newToken(role, `the ${role}`)
    await registry.addToken(record)
    return token
  }
  return { port, lines, tokenOf, ...(await apiOf(port, await tokenOf('admin'))) }
}

async function apiOf(port: number, token: string) {
  const { request } = await import('node:https')
  const call = (method: string, path: string, body?: unknown, bearer = token) =>
    new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const sent = body === undefined ? undefined : JSON.stringify(body)
      const headers = { authorization: `Bearer ${bearer}`, ...(sent && { 'content-type': 'application/json' }) }
      const options = { host: '127.0.0.1', port, path, method, headers, ca: testAuthority().cert, agent: false }
      const asking = request(options, async response => {
        const chunks = await response.toArray()
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) })
      })
      asking.on('error', reject)
      asking.end(sent)
    })
  const spokes = async () => ((await call('GET', '/api/v1/spokes')).body as { spokes: ListedSpoke[] }).spokes
  return { call, spokes }
}

const ended = (link: RawLink) => waitFor(() => link.ended, { what: 'the link to end' })
const identity = identityFromPem(newIdentityPem())
const { id } = identity
const path = `/api/v1/spokes/${id}`

suite('a hub whose operators decide', () => {
  test('lets in whom they approve, and tells all others how they get there, after the proof only', async t => {
    const { port, call, spokes, lines } = await hubWith(t, 'approve')
    await using early = await RawLink.connect({ port, identity, name: 'City A' })
    const bye = await early.waitForFrame('bye')
    assert.equal(bye.code, 4403)
    assert.equal(bye.reason, `not yet approved at this hub: its operator says federation-hub spokes approve ${id}`)
    assert.equal(bye.retryAfterMs, 5000)
    assert.deepEqual(early.peer.rooms, [{ room: testRoom, read: true, write: true }])
    await ended(early)
    const [waiting] = await spokes()
    assert.deepEqual([waiting?.id, waiting?.name, waiting?.state, waiting?.connected], [id, 'City A', 'pending', false])
    assert.match(
      lines.join(''),
      new RegExp(`refused: "City A" is not yet approved: federation-hub spokes approve ${id}`),
    )

    const { status, body } = await call('POST', `${path}/approve`)
    assert.deepEqual([status, (body as ListedSpoke).state], [200, 'approved'])
    await using link = await RawLink.connect({ port, identity, name: 'City A' })
    await link.waitForFrame('resume')
    await waitFor(async () => (await spokes())[0]?.connected, { what: 'the spoke to be listed as linked' })
    assert.match(lines.join(''), new RegExp(`\\[INFO\\] token:the admin approve "City A" \\(id ${id}\\)\\n`))
  })

  test('ends the link of whom they revoke, and refuses it until they say otherwise', async t => {
    const { port, call } = await hubWith(t, 'open')
    await using link = await RawLink.connect({ port, identity, name: 'City A' })
    await link.waitForFrame('resume')
    await call('POST', `${path}/revoke`, { why: 'floods' })
    assert.equal((await ended(link)).code, 4403)
    const told = `revoked at this hub (floods): its operator may say federation-hub spokes approve ${id}`
    assert.equal((await link.waitForFrame('bye')).reason, told)
    await using again = await RawLink.connect({ port, identity })
    assert.equal((await ended(again)).code, 4403)
    // The same key in another writing is no other spoke.
    const twisted = { ...identity, id: `${id.slice(0, 42)}${id.at(42) === 'A' ? 'B' : nextLetter(id.charAt(42))}` }
    await using other = await RawLink.connect({ port, identity: twisted })
    assert.equal((await ended(other)).code, 4400)
    await call('DELETE', path)
    await using back = await RawLink.connect({ port, identity })
    await back.waitForFrame('resume')
  })

  test('a changed right ends the link for new grants; with one way only the link works', async t => {
    const { port, call, lines } = await hubWith(t, 'open')
    await using link = await RawLink.connect({ port, identity })
    await link.ship([link.post('before')])
    await call('PUT', `${path}/rooms/elsewhere`, { read: false, write: false })
    await call('PUT', `${path}/rooms/${testRoom}`, { read: true, write: false })
    assert.equal((await ended(link)).code, 4205)
    const said = lines.filter(line => line.includes('hold here now')).at(-1) ?? ''
    assert.ok(
      said.endsWith(
        `undecided, room "elsewhere": may neither read nor write it, room "${testRoom}": may read it, not write\n`,
      ),
      said,
    )
    await using reader = await RawLink.connect({ port, identity, boot: 'b2' })
    const reason = 'its operator lets this server read it, not write'
    assert.deepEqual(reader.peer.rooms, [{ room: testRoom, read: true, write: false, reason }])
    await reader.follow()
    reader.send({ t: 'start', room: testRoom, n: 1, epoch: reader.epoch, after: 0, head: 1 })
    assert.equal((await ended(reader)).code, 4400)

    await call('PUT', `${path}/rooms/*`, { read: false, write: true })
    await call('PUT', `${path}/rooms/${testRoom}`, { read: false, write: true })
    await using writer = await RawLink.connect({ port, identity, boot: 'b3' })
    await writer.ship([writer.post('by a writer')])
    writer.send({ t: 'resume', n: 1, rooms: { [testRoom]: { cursor: null, epoch: writer.epoch, ended: {} } } })
    assert.equal((await ended(writer)).code, 4400)
    const { body } = await call('GET', `/api/v1/rooms/${testRoom}/posts`)
    assert.deepEqual(
      (body as { posts: { text: string }[] }).posts.map(({ text }) => text),
      ['before', 'by a writer'],
    )
  })

  test('a link that a decision does not concern goes on', async t => {
    const { port, call } = await hubWith(t, 'open')
    await using link = await RawLink.connect({ port, identity })
    await link.waitForFrame('resume')
    await call('PUT', `${path}/rooms/elsewhere`, { read: false, write: false })
    await call('POST', `${path}/approve`)
    await using witness = await RawLink.connect({ port })
    await call('POST', `/api/v1/spokes/${witness.identity.id}/revoke`)
    await ended(witness)
    assert.equal(link.ended, undefined)
  })

  test('a stranger learns nothing of who is let in', async t => {
    const { port, call } = await hubWith(t, 'open')
    await call('POST', `${path}/revoke`)
    const { ws, reader } = await openRawSocket(port)
    const self = { identity, name: 'x', role: 'edge', software: '', boot: 'b', secret: 'y', now: Date.now } as const
    ws.send(encodeFrame(makeHello(self, 'exporter', [{ room: testRoom, read: true, write: true }])))
    const hello = decodeFrame(await reader.next(5000))
    assert.deepEqual(hello?.t === 'hello' && hello.rooms, [{ room: testRoom, read: true, write: true }])
    ws.terminate()
  })
})

test('only admins decide; the others look, and every decision is in the trail', async t => {
  const { call, tokenOf } = await hubWith(t, 'open')
  const operator = await tokenOf('operator')
  const decisions: [string, string, unknown?][] = [
    ['POST', `${path}/approve`],
    ['POST', `${path}/revoke`, { why: 'x' }],
    ['PUT', `${path}/rooms/main`, { read: true, write: false }],
    ['DELETE', path],
  ]
  for (const [method, where, body] of decisions) {
    assert.equal((await call(method, where, body, operator)).status, 403, where)
    assert.equal((await call(method, where, body, 'mcf_x')).status, 401, where)
  }
  for (const [method, where, body] of decisions)
    assert.equal((await call(method, where, body)).status, method === 'DELETE' ? 204 : 200, where)
  const faults: [string, string, unknown?][] = [
    ['POST', '/api/v1/spokes/City%20A/approve'],
    ['PUT', `${path}/rooms/main`, { read: true }],
    ['PUT', `${path}/rooms/Main`, { read: true, write: true }],
    ['POST', `${path}/revoke`, { why: 'a\nb' }],
    ['POST', `${path}/revoke`, { wy: 'a typing error' }],
  ]
  // Nor is told what is wrong with their words.
  for (const [method, where, body] of faults)
    assert.equal((await call(method, where, body, operator)).status, 403, where)
  for (const [method, where, body] of faults) assert.equal((await call(method, where, body)).status, 400, where)
  assert.equal((await call('DELETE', path)).status, 404)
  const { body } = await call('GET', '/api/v1/audit?limit=3', undefined, operator)
  assert.deepEqual(
    (body as { entries: AuditEntry[] }).entries.map(({ who, action, room, detail }) => ({ who, action, room, detail })),
    [
      { who: 'token:the admin', action: 'revoke', room: undefined, detail: 'x' },
      { who: 'token:the admin', action: 'grant', room: 'main', detail: 'may read it, not write' },
      { who: 'token:the admin', action: 'forget', room: undefined, detail: undefined },
    ],
  )
})

function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return letters.charAt(letters.indexOf(letter) + 1)
}
