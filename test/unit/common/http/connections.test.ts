// Which addresses count as one client, and how often one may come.
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Server } from 'node:net'
import { test } from 'node:test'
import { Connections, clientKey } from '#common/http/connections.ts'

class Caller extends EventEmitter {
  readonly remoteAddress: string
  isCut = false
  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }
  destroy(): void {
    this.isCut = true
  }
}

test('who comes too often in a minute is cut off, and nobody else', () => {
  const server = new EventEmitter() as Server
  let now = 0
  new Connections(server, { newPerMinute: 3, closingMs: 0, now: () => now })
  const isLetIn = (address: string) => {
    const caller = new Caller(address)
    server.emit('connection', caller)
    caller.emit('close')
    return !caller.isCut
  }
  for (let i = 0; i < 3; i++) assert.ok(isLetIn('192.0.2.7'))
  assert.equal(isLetIn('192.0.2.7'), false)
  assert.equal(isLetIn('::ffff:192.0.2.7'), false)
  assert.ok(isLetIn('192.0.2.8'))
  for (let i = 0; i < 10; i++) assert.ok(isLetIn('127.0.0.1'), 'programs of this machine')
  now = 60_000
  assert.ok(isLetIn('192.0.2.7'))
})

test('a million addresses are not remembered', () => {
  const server = new EventEmitter() as Server
  new Connections(server, { newPerMinute: 1, closingMs: 0, now: () => 0 })
  const come = (address: string) => {
    const caller = new Caller(address)
    server.emit('connection', caller)
    return caller.isCut
  }
  for (let i = 0; i < 10_000; i++) come(`10.1.${i >> 8}.${i & 255}`)
  assert.equal(come('10.1.0.0'), false, 'forgotten with all others')
  assert.equal(come('10.1.0.0'), true)
})

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
