// The command lines of both programs: words, exit codes, and the signal to stop.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { ConfigError } from '#common/errors.ts'
import {
  aborted,
  exitCodes,
  failureCode,
  parseWords,
  readCommandLine,
  refuseWords,
  stopSignal,
  UsageError,
} from '#common/program.ts'

const read = (...argv: string[]) => readCommandLine(argv, '/etc/usual.conf')

suite('a command line', () => {
  test('of nothing runs with the usual config', () => {
    const expected = { command: 'run', words: [], confPath: '/etc/usual.conf', help: false, version: false }
    assert.deepEqual(read(), expected)
  })

  test('may name the config anywhere', () => {
    for (const argv of [
      ['--config', 'my.conf', 'post', 'hi'],
      ['post', '--config', 'my.conf', 'hi'],
      ['post', 'hi', '--config', 'my.conf'],
      ['--config=my.conf', 'post', 'hi'],
    ]) {
      const { command, words, confPath } = read(...argv)
      assert.deepEqual({ command, words, confPath }, { command: 'post', words: ['hi'], confPath: 'my.conf' })
    }
  })

  test('that names no file after --config is not understood', () => {
    assert.throws(() => read('run', '--config'), UsageError)
    assert.throws(() => read('--config', ''), UsageError)
    assert.throws(() => read('post', '--config', '--', 'hi'), UsageError)
    assert.throws(() => read('run', '--config='), UsageError)
  })

  test('with two configs, or an option instead of a command, is not understood', () => {
    assert.throws(() => read('--config', 'a', 'run', '--config', 'b'), UsageError)
    assert.throws(() => read('--conifg', 'a', 'run'), /unknown option "--conifg"/)
  })

  test('has only options that there are, and else is told how it goes', () => {
    const options = { room: { type: 'string' } } as const
    assert.equal(parseWords(['--room', 'main'], { options }).values.room, 'main')
    assert.throws(() => parseWords(['--rom', 'main'], { options }), UsageError)
    assert.throws(() => parseWords(['main'], { options }, 'usage: x'), /Unexpected argument 'main'.*\nusage: x$/s)
  })

  test('has no word too many', () => {
    assert.throws(() => refuseWords('run', ['--portt', '9']), /"run" takes no "--portt"/)
    refuseWords('run', [])
  })

  test('asks for help or the version in any place', () => {
    assert.equal(read('--help').help, true)
    assert.equal(read('tail', '-h').help, true)
    assert.equal(read('--version').version, true)
    assert.equal(read('--version').command, 'run')
  })

  test('leaves the options of a command to it', () => {
    assert.deepEqual(read('post', '--room', 'main', 'hi').words, ['--room', 'main', 'hi'])
  })

  test('takes nothing out of what stands behind --', () => {
    const { command, words, help, version, confPath } = read(
      'post',
      '--room',
      'main',
      '--',
      '-h',
      '--config',
      '--version',
    )
    assert.deepEqual(words, ['--room', 'main', '--', '-h', '--config', '--version'])
    assert.deepEqual([command, help, version, confPath], ['post', false, false, '/etc/usual.conf'])
  })
})

suite('a failure', () => {
  const fault = { file: 'my.conf', line: 3, key: 'port', reason: 'must be a number' }
  const cases: [unknown, number, string][] = [
    [
      new ConfigError([fault, { ...fault, line: 4 }]),
      78,
      'my.conf:3: port: must be a number\nmy.conf:4: port: must be a number\n',
    ],
    [new UsageError('what?'), 64, 'what?\n'],
    [new Error('port in use'), 1, 'port in use\n'],
    [
      cannotListen('EADDRINUSE'),
      1,
      'cannot listen on 0.0.0.0:5003: another program does; end it, or set another port in the config\n',
    ],
    [cannotListen('EACCES'), 1, 'cannot listen on 0.0.0.0:5003: not permitted; set a port above 1023 in the config\n'],
    [
      cannotListen('EADDRNOTAVAIL'),
      1,
      'cannot listen on 0.0.0.0:5003: this machine has no such address; set another host in the config\n',
    ],
    [cannotListen('EMFILE'), 1, 'listen EMFILE\n'],
    ['thrown bare', 1, 'thrown bare\n'],
  ]
  for (const [error, code, told] of cases) {
    test(`ends with ${code}: ${told.split('\n')[0]}`, () => {
      let said = ''
      const given = failureCode(error, text => {
        said += text
      })
      assert.deepEqual([given, said], [code, told])
    })
  }

  test('has the codes that service managers know', () => {
    assert.deepEqual(exitCodes, { ok: 0, failed: 1, usage: 64, unavailable: 69, config: 78 })
  })
})

suite('the signal to stop', () => {
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    test(`is ${name}, and a second one is not waited for`, async t => {
      const exit = t.mock.method(process, 'exit', () => undefined as never)
      const before = { SIGTERM: process.listeners('SIGTERM'), SIGINT: process.listeners('SIGINT') }
      const stop = stopSignal()
      t.after(() => {
        forgetListeners('SIGTERM', before.SIGTERM)
        forgetListeners('SIGINT', before.SIGINT)
      })
      const told = aborted(stop)
      const heard = once(process, name, { signal: AbortSignal.timeout(5000) })
      process.kill(process.pid, name)
      await heard
      await told
      await aborted(stop)
      assert.equal(exit.mock.callCount(), 0)
      process.emit(name, name)
      assert.deepEqual(exit.mock.calls[0]?.arguments, [1])
    })
  }
})

/** Takes off what listens to a signal and did not before. */
function forgetListeners(name: 'SIGTERM' | 'SIGINT', before: readonly NodeJS.SignalsListener[]): void {
  for (const listener of process.listeners(name)) if (!before.includes(listener)) process.off(name, listener)
}

/** As Node reports a port that cannot be listened on. */
function cannotListen(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), { syscall: 'listen', code, address: '0.0.0.0', port: 5003 })
}
