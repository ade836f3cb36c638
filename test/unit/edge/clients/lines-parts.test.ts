// The pure parts of the lines port: cutting lines, reading commands, judging passwords.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { JoinGuard, type RoomAccess, rightsFor } from '#edge/clients/join-rights.ts'
import { LineSplitter, lineBytesMax } from '#edge/clients/line-splitter.ts'
import { decodeLine, LineFault, toCommand } from '#edge/clients/lines-commands.ts'
import { MemoryLog } from '#test/support/memory-log.ts'

test('any cutting of the bytes gives the same lines', () => {
  const lines = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }).filter(line => !line.includes('\n')))
  fc.assert(
    fc.property(lines, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (wanted, sizes) => {
      const bytes = Buffer.from(wanted.map(line => `${line}\n`).join(''))
      const splitter = new LineSplitter()
      const got: string[] = []
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const size = sizes[i % sizes.length] ?? 1
        for (const line of splitter.push(bytes.subarray(at, at + size))) got.push(line.toString())
        at += size
      }
      assert.deepEqual(got, wanted)
    }),
  )
})

test('the longest line is taken, one byte more is refused, in one chunk or in many', () => {
  const longest = Buffer.from(`${'x'.repeat(lineBytesMax)}\n`)
  assert.equal([...new LineSplitter().push(longest)][0]?.length, lineBytesMax)
  const tooLong = Buffer.from('x'.repeat(lineBytesMax + 1))
  assert.throws(() => [...new LineSplitter().push(tooLong)], LineFault)
  const splitter = new LineSplitter()
  assert.throws(() => {
    for (const byte of tooLong) for (const _ of splitter.push(Buffer.of(byte))) assert.fail('there is no line')
  }, LineFault)
})

test('a line is a JSON object in valid UTF-8 or a fault', () => {
  assert.deepEqual(decodeLine(Buffer.from('{"t":"ping"}\r')), { t: 'ping' })
  for (const line of ['', '[]', '"ping"', 'null', '1', '{', 'GET / HTTP/1.1'])
    assert.throws(() => decodeLine(Buffer.from(line)), { name: 'LineFault', code: 'bad_json' })
  const broken = Buffer.concat([Buffer.from('{"t":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')])
  assert.throws(() => decodeLine(broken), { name: 'LineFault', code: 'bad_utf8' })
})

test('a command that is wrong is told which field', () => {
  const faults: [Record<string, unknown>, RegExp][] = [
    [{ t: 'jion' }, /^t: must be one of join, send/],
    [{}, /^t: /],
    [{ t: 'join', room: 'a' }, /^name: /],
    [{ t: 'join', room: 'a', name: 'a\u0007' }, /^name: must not contain control/],
    [{ t: 'join', room: 'a', name: 'A', since: -1 }, /^since: /],
    [{ t: 'send' }, /^text: must be a text/],
    [{ t: 'send', text: 'a', key: 'ä' }, /^key: must be 1 to 128/],
  ]
  for (const [value, message] of faults) assert.throws(() => toCommand(value), { name: 'RequestError', message })
})

test('rights by password, by place, and read-only', () => {
  const access: RoomAccess = {
    room: 'a',
    log: new MemoryLog('a'),
    adminPassword: 'root',
    guestPassword: 'guest',
    allowReadOnly: false,
  }
  const far = '192.168.1.9'
  assert.equal(rightsFor(access, 'root', far), 'admin')
  assert.equal(rightsFor(access, 'guest', far), 'post')
  assert.equal(rightsFor(access, 'Guest', far), undefined)
  assert.equal(rightsFor(access, '', far), undefined)
  assert.equal(rightsFor(access, '', '::1'), 'post')
  assert.equal(rightsFor(access, 'wrong', '127.0.0.1'), undefined)
  assert.equal(rightsFor({ ...access, allowReadOnly: true }, '', far), 'read')
  assert.equal(rightsFor({ room: 'a', log: access.log, allowReadOnly: false }, '', far), undefined)
})

test('guessing gets slower, per network, and one success forgives', () => {
  let now = 0
  const guard = new JoinGuard(() => now)
  for (let i = 0; i < 4; i += 1) guard.failed('10.0.0.1')
  assert.equal(guard.blockedMs('10.0.0.1'), 0)
  guard.failed('::ffff:10.0.0.1')
  assert.equal(guard.blockedMs('10.0.0.1'), 2000)
  assert.equal(guard.blockedMs('10.0.0.2'), 0)
  now = 2000
  assert.equal(guard.blockedMs('10.0.0.1'), 0)
  for (let i = 0; i < 30; i += 1) guard.failed('10.0.0.1')
  assert.equal(guard.blockedMs('10.0.0.1'), 300_000)
  guard.succeeded('10.0.0.1')
  assert.equal(guard.blockedMs('10.0.0.1'), 0)
  for (let i = 0; i < 5; i += 1) guard.failed(`2001:db8::${i}`)
  assert.ok(guard.blockedMs('2001:db8:0:0:9:9:9:9') > 0)
  assert.equal(guard.blockedMs('2001:db8:1::1'), 0)
})
