// Signed in at a real hub over TLS, and at a real edge through a proxy: what each role may do by cookie.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { readEdgeConf } from '#common/config/edge-conf.ts'
import { type Role, roleSchema } from '#common/http/roles.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { createLog } from '#common/log.ts'
import { startEdge } from '#edge/edge.ts'
import { FileRegistry } from '#hub/registry/file-registry.ts'
import { newToken } from '#hub/registry/tokens.ts'
import { freePort } from '#test/support/free-port.ts'
import { hubInProcess } from '#test/support/hub-in-process.ts'
import { askAt, signedIn } from '#test/support/signed-in.ts'

test('at a hub an admin decides about spokes by cookie, and nobody else does', async t => {
  const { port, dataDir, log, lines } = await hubInProcess(t, 'enrol = "approve"\n')
  const registry = await FileRegistry.open({ dir: dataDir, log })
  const ask = askAt(`https://127.0.0.1:${port}`)
  const { id } = identityFromPem(newIdentityPem())
  for (const role of roleSchema.options) {
    const { token, record } = newToken(role, `the ${role}`)
    await registry.addToken(record)
    const { cookie, headers, by } = await signedIn(ask, token)
    assert.match(cookie, /^mcfed-[\w-]{8}=mcf_[\w-]{43}; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Strict; Secure$/)
    assert.equal((await by('GET', '/api/v1/spokes')).status, 200)
    assert.equal((await by('POST', `/api/v1/spokes/${id}/approve`)).status, role === 'admin' ? 200 : 403, role)
    for (const origin of [`http://127.0.0.1:${port}`, `https://127.0.0.1:${port + 1}`]) {
      const elsewhere = await ask(`/api/v1/spokes/${id}/revoke`, { method: 'POST', headers: { ...headers, origin } })
      assert.deepEqual([elsewhere.status, JSON.parse(elsewhere.body).error], [403, 'bad_origin'], origin)
    }
  }
  assert.equal(lines.filter(line => line.includes('token:the admin approve')).length, 1)
})

test('at an edge each token gives what it should, and posts of its console say so', async t => {
  const { port, tokens } = await edgeInProcess(t)
  const ask = askAt(`http://127.0.0.1:${port}`, { 'x-forwarded-for': '192.0.2.7' })
  assert.equal((await ask('/api/v1/rooms')).status, 401)
  const may: Record<Role, number[]> = { viewer: [200, 403, 403], operator: [200, 201, 403], admin: [200, 201, 200] }
  for (const role of roleSchema.options) {
    const { cookie, by } = await signedIn(ask, tokens[role])
    assert.doesNotMatch(cookie, /Secure/)
    const rooms = await by('GET', '/api/v1/rooms')
    assert.equal(JSON.parse(rooms.body).rooms[0].name, 'City A')
    const posted = await by('POST', '/api/v1/rooms/main/posts', { text: 'to all', author: 'Net control' })
    const set = await by('PATCH', '/api/v1/rooms/main/settings', { rf: false })
    assert.deepEqual([rooms.status, posted.status, set.status], may[role], role)
    if (role !== 'operator') continue
    const { guid } = JSON.parse(posted.body)
    const { post } = JSON.parse((await by('GET', `/api/v1/rooms/main/posts/${guid}`)).body)
    assert.deepEqual([post.source, post.text], ['console', 'to all'])
  }
})

async function edgeInProcess(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'mcfed-edge-'))
  const port = await freePort()
  const tokens = { admin: 'a'.repeat(24), operator: `o;"${'o'.repeat(24)}`, viewer: 'v'.repeat(24) }
  const text = `[room]
name = "City A"
[storage]
path = "room.db"
[clients]
lines_port = 0
api_token = "${tokens.admin}"
operator_token = '${tokens.operator}'
viewer_token = "${tokens.viewer}"
[federation]
enabled = false
status_host = "127.0.0.1"
status_port = ${port}
`
  const file = join(dir, 'room.conf')
  writeFileSync(file, text, { mode: 0o600 })
  const edge = await startEdge(readEdgeConf(file), createLog({ json: false, level: 'silent' }))
  t.after(async () => {
    await edge.stop()
    rmSync(dir, { recursive: true })
  })
  return { port, tokens }
}
