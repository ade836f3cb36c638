// Which addresses count as one client.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientKey } from '#common/http/connections.ts'

test('an IPv4 address is a client, however it is written', () => {
  assert.equal(clientKey('192.0.2.7'), '192.0.2.7')
  assert.equal(clientKey('::ffff:192.0.2.7'), '192.0.2.7')
})

test('of IPv6 all addresses of one network are one client', () => {
  for (const address of ['2001:db8:0:7::1', '2001:db8::7:a:b:c:d', '2001:0db8:0:7:ffff::', '2001:db8:0:7:1:2:3:4'])
    assert.equal(clientKey(address), '2001:db8:0:7', address)
  assert.equal(clientKey('::1'), '0:0:0:0')
  assert.equal(clientKey('fe80::1%eth0'), 'fe80:0:0:0')
  assert.notEqual(clientKey('2001:db8:0:8::1'), clientKey('2001:db8:0:7::1'))
})
