// Words of export, import and backup: what is asked for, and what is refused.
import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import test from 'node:test'
import type { HubConf } from '#common/config/hub-conf.ts'
import { createLog } from '#common/log.ts'
import { UsageError } from '#common/program.ts'
import { parseBackupArgs } from '#hub/commands/backup-command.ts'
import { exportPosts, parseExportArgs } from '#hub/commands/export-command.ts'
import { parseImportArgs } from '#hub/commands/import-command.ts'
import { postCommand } from '#hub/commands/post-commands.ts'
import { timeFrom } from '#hub/commands/time-words.ts'

const now = Date.parse('2026-11-25T22:00:00Z')

test('a time is a date, a moment, or how long ago', () => {
  for (const [words, at] of [
    ['30d', now - 30 * 86_400_000],
    ['12h', now - 12 * 3_600_000],
    ['45m', now - 45 * 60_000],
    ['2w', now - 14 * 86_400_000],
    ['2026-11-01', Date.parse('2026-11-01T00:00:00Z')],
    ['2026-11-01T10:00Z', Date.parse('2026-11-01T10:00:00Z')],
    ['2026-11-01T10:00:05.5+02:00', Date.parse('2026-11-01T08:00:05.500Z')],
  ] as const)
    assert.equal(timeFrom(words, now), at, words)
  for (const words of ['', 'yesterday', '30', '-3d', '2026-13-01', '2026-11-01T10:00', '1e9d', '1764100000'])
    assert.equal(timeFrom(words, now), undefined, words)
})

test('export wants one room or all, and times that are times', () => {
  assert.deepEqual(parseExportArgs(['--room', 'main', '--since', '1h'], now), {
    ...{ room: 'main', since: now - 3_600_000, until: Number.POSITIVE_INFINITY },
  })
  assert.equal(parseExportArgs(['--all'], now).room, undefined)
  for (const words of [[], ['--all', '--room', 'main'], ['--room', 'main', '--since', 'ago'], ['main'], ['--al']])
    assert.throws(() => parseExportArgs(words, now), UsageError, words.join(' '))
})

test('import reads standard input or one file; backup writes one', () => {
  assert.deepEqual(parseImportArgs([]), { file: '-', room: undefined })
  assert.deepEqual(parseImportArgs(['a.ndjson', '--room', 'main']), { file: 'a.ndjson', room: 'main' })
  for (const words of [
    ['a', 'b'],
    ['--room', 'No Room'],
    ['--since', '1h'],
  ])
    assert.throws(() => parseImportArgs(words), UsageError, words.join(' '))
  assert.deepEqual(parseBackupArgs(['a.tar']), { file: 'a.tar' })
  for (const words of [[], ['a', 'b'], ['--all']]) assert.throws(() => parseBackupArgs(words), UsageError)
})

test('a file that is not there is named, before the store is looked for', async () => {
  const own = {
    stdin: Readable.from([]),
    stdout: new PassThrough(),
    tell: () => {},
    log: createLog({ json: false, level: 'silent' }),
  }
  await assert.rejects(postCommand('import', { conf: {} as HubConf, words: ['/no/such.ndjson'] }, own), {
    message: '/no/such.ndjson cannot be read: it does not exist',
  })
})

test('export waits until each page has gone before it reads the next, and ends with what there is then', async () => {
  const posts = Array.from({ length: 1001 }, (_, n) => ({ offset: n + 1, at: n, json: `{"n":${n}}` }))
  const read: number[] = []
  const gone: string[] = []
  const source = {
    rooms: async () => ['main'],
    readAfter: async (_room: string, after: number, limit: number) => {
      read.push(after)
      assert.equal(gone.length, read.length - 1, 'the page before has gone')
      const page = posts.slice(after, after + limit)
      // Somebody writes all the time.
      const n = posts.length
      posts.push({ offset: n + 1, at: n, json: `{"n":${n}}` })
      return page
    },
    close: async () => {},
  }
  const write = async (text: string) => void gone.push(text)
  const told: string[] = []
  const output = { write, tell: (text: string) => void told.push(text) }
  assert.equal(await exportPosts({ room: undefined, since: 499, until: 502 }, source, output), 0)
  assert.deepEqual(read, [0, 500, 1000])
  assert.equal(gone.join(''), [499, 500, 501].map(n => `{"n":${n}}\n`).join(''))
  assert.deepEqual(told, ['main: 3 posts written of 1003\n'])
  assert.equal(await exportPosts({ room: 'club', since: 0, until: 9 }, source, output), 1)
})
