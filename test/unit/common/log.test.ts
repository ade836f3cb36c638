// The log: lines for people and grep, or JSON; and what others made up stays inside its line.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLog } from '#common/log.ts'
import { caughtUpLine, connectedLine, disconnectedLine } from '#common/log-lines.ts'

function lines(json: boolean, level?: string) {
  const written: string[] = []
  const log = createLog({ json, write: line => written.push(line), ...(level !== undefined && { level }) })
  return { log, written }
}

suite('plain text', () => {
  test('is the level, the text, and the details behind it', () => {
    const { log, written } = lines(false)
    log.info('all is well')
    log.warn({ room: 'main', place: { offset: 3 } }, 'look here')
    log.error('no')
    assert.deepEqual(written, [
      '[INFO] all is well\n',
      '[WARN] look here (room=main place={"offset":3})\n',
      '[ERROR] no\n',
    ])
  })

  test('says of an error what it was', () => {
    const { log, written } = lines(false)
    log.error({ err: new Error('disk is full') }, 'not stored')
    assert.match(written[0] ?? '', /^\[ERROR\] not stored \(err=.*disk is full.*\)\n$/)
  })

  test('begins at the level asked for', () => {
    const quiet = lines(false, 'warn')
    quiet.log.info('no')
    quiet.log.warn('yes')
    assert.deepEqual(quiet.written, ['[WARN] yes\n'])
    const usual = lines(false)
    usual.log.debug('no')
    assert.deepEqual(usual.written, [])
  })

  test('is one line, and steers no terminal, whatever is in it', () => {
    const { log, written } = lines(false)
    log.warn('x\n[INFO] Federation peer "hub" connected')
    log.warn({ name: 'a\r\u001b[2J\u0085\u2028b' }, 'y')
    log.warn('turned \u202e around, and a family 👨‍👩‍👧')
    assert.deepEqual(written, [
      '[WARN] x\\u000a[INFO] Federation peer "hub" connected\n',
      '[WARN] y (name=a\\u000d\\u001b[2J\\u0085\\u2028b)\n',
      '[WARN] turned \\u202e around, and a family 👨‍👩‍👧\n',
    ])
  })
})

test('JSON is one object to a line, with the level by name', () => {
  const { log, written } = lines(true)
  log.info({ room: 'main' }, 'two\nlines')
  assert.equal(written.length, 1)
  assert.equal(written[0]?.indexOf('\n'), (written[0]?.length ?? 0) - 1)
  const { level, msg, room, time } = JSON.parse(written[0] ?? '')
  assert.deepEqual([level, msg, room], ['info', 'two\nlines', 'main'])
  assert.ok(time > 0)
})

test('the lines operators grep for, byte for byte', () => {
  assert.equal(connectedLine('City B', true, 12.4), 'Federation peer "City B" connected (TLS, latency 12ms)')
  assert.equal(connectedLine('City B', false, 0.2), 'Federation peer "City B" connected (no TLS, latency 1ms)')
  assert.equal(disconnectedLine('City B', 'no answer'), 'Federation peer "City B" disconnected (no answer)')
  assert.equal(caughtUpLine('City B', 1204, 3149), 'Federation peer "City B" caught up (1,204 posts in 3.1s)')
})
