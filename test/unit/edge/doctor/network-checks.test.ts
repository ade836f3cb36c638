// Names and ports: each failure in words, with its own advice.
import assert from 'node:assert/strict'
import test from 'node:test'
import { LateError } from '#edge/doctor/deadline.ts'
import { sayer } from '#edge/doctor/finding.ts'
import { lookUp } from '#edge/doctor/name-check.ts'
import { reach } from '#edge/doctor/reach-check.ts'
import { targetsOf } from '#edge/doctor/targets.ts'

const peer = { name: 'City B', addr: { host: 'cityb.example.com', port: 5001 } }
const [hub, cityB] = targetsOf({
  hubs: [{ url: 'wss://hub.example.com/federation' }],
  peers: [peer, { name: 'City C', id: 'x' }],
} as unknown as Parameters<typeof targetsOf>[0])
if (hub === undefined || cityB === undefined) throw new Error('two targets are expected')

const say = sayer('peer', '')
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))
const late = () => Promise.reject(new LateError('no answer in 5 s'))

test('targets: hubs with their port, peers that have an address', () => {
  assert.deepEqual([hub.host, hub.port, hub.label], ['hub.example.com', 443, 'hub "hub.example.com"'])
  assert.deepEqual([cityB.url, cityB.label], ['wss://cityb.example.com:5001/federation', 'peer "City B"'])
})

test('a name leads to its addresses, an address to itself', async () => {
  const { addresses, findings } = await lookUp(cityB, say, async () => ['192.0.2.7', '192.0.2.7'])
  assert.deepEqual(addresses, ['192.0.2.7'])
  assert.match(findings[0]?.text ?? '', /^the name "cityb\.example\.com" leads to 192\.0\.2\.7 \(\d+ ms\)$/)
  const itself = await lookUp({ ...cityB, host: '::1' }, say, failing('ENOTFOUND'))
  assert.deepEqual(itself, { addresses: ['::1'], findings: [] })
})

test('a name that leads nowhere', async () => {
  const trouble = async (lookup: () => Promise<string[]>) => (await lookUp(cityB, say, lookup)).findings[0]
  const none = await trouble(failing('ENOTFOUND'))
  assert.equal(none?.text, 'there is no name "cityb.example.com"')
  assert.equal(none?.advice, 'look for a slip in addr of the peer "City B"; is it right, ask who runs that server')
  const away = await trouble(failing('EAI_AGAIN'))
  assert.match(away?.text ?? '', /^no DNS server answers/)
  assert.match(away?.advice ?? '', /resolv\.conf/)
  assert.match((await trouble(late))?.text ?? '', /^no DNS server says in time/)
})

test('a port that nobody listens on, that is walled off, and a machine without a network', async () => {
  const trouble = async (target: typeof hub, connect: () => Promise<void>) =>
    (await reach(target, say, { addresses: ['192.0.2.7'], connect })).findings[0]
  const refused = await trouble(cityB, failing('ECONNREFUSED'))
  assert.equal(refused?.text, '192.0.2.7 port 5001: nothing listens there')
  assert.match(
    refused?.advice ?? '',
    /does meshcore-room run \(systemctl status meshcore-room\), and has it tls_cert\?/,
  )
  assert.match((await trouble(hub, failing('ECONNREFUSED')))?.advice ?? '', /does federation-hub run/)
  const silent = await trouble(cityB, late)
  assert.equal(silent?.text, '192.0.2.7 port 5001: no answer')
  assert.match(silent?.advice ?? '', /ufw allow 5001\/tcp.* forward it in the router/)
  const offline = await trouble(cityB, failing('ENETUNREACH'))
  assert.match(offline?.text ?? '', /this machine has no network that leads there/)
  assert.match(offline?.advice ?? '', /is this machine online\?/)
})

test('of several addresses one is enough', async () => {
  const connect = (address: string) => (address === '::1' ? failing('ENETUNREACH')() : Promise.resolve())
  const { isOpen, findings } = await reach(cityB, say, { addresses: ['::1', '127.0.0.1'], connect })
  assert.equal(isOpen, true)
  assert.equal(findings[0]?.level, 'ok')
  assert.match(findings[0]?.text ?? '', /can be reached; ::1 port 5001: this machine has no network/)
})
