// Who may link, under which name, and with which key: over restarts, after changes, and against a server that pretends.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PeerConf } from '#common/config/edge-conf.ts'
import type { Log } from '#common/log.ts'
import type { Meta } from '#common/sqlite/sqlite-store.ts'
import { KnownPeers } from '#edge/links/known-peers.ts'
import { PeerRecords } from '#edge/links/peer-records.ts'

const ids = { b: `${'B'.repeat(42)}A`, c: `${'C'.repeat(42)}A` }
const bee: PeerConf = { name: 'Bee', addr: { host: 'b.example', port: 5001 } }
const certificate = (pin: string) => ({
  pin,
  validFrom: '2026-01-01T00:00:00.000Z',
  validTo: '2036-01-01T00:00:00.000Z',
})

class Desk {
  readonly lines: string[] = []
  readonly kept = new Map<string, string>()
  now = 1_000_000

  open(peers: readonly PeerConf[] = [], acceptUnknown = true): KnownPeers {
    const say = (line: string) => void this.lines.push(line)
    const log = { info: say, warn: say, error: say, debug: () => {} } as unknown as Log
    const meta = {
      entries: (prefix: string) => [...this.kept].filter(([key]) => key.startsWith(prefix)),
      change: (changes: ReadonlyMap<string, string | undefined>) => {
        for (const [key, value] of changes) value === undefined ? this.kept.delete(key) : this.kept.set(key, value)
      },
    } as Meta
    const records = new PeerRecords(meta, log)
    return new KnownPeers({ selfName: 'City A', peers, acceptUnknown, records, log, now: () => this.now })
  }
}

const b = { id: ids.b, name: 'City B', certificate: certificate('sha256/one') }

suite('a key', () => {
  test('is pinned at the first contact, and another one is refused until somebody trusts it', () => {
    const desk = new Desk()
    desk.open([bee]).admit({ ...b, at: bee })
    const known = desk.open([bee])
    known.admit(b)
    const changed = { ...b, certificate: certificate('sha256/two') }
    assert.throws(() => known.admit(changed), {
      code: 4403,
      message: /key of its certificate has changed.*trust "Bee"/,
      told: 'it knows this server by another key; if the new one is right, its operator must say there: meshcore-room trust "Bee"',
    })
    assert.throws(() => known.admit({ ...changed, at: bee }), { code: 4403 })
    assert.equal(desk.lines.filter(line => line.includes('HAS ANOTHER KEY')).length, 1, 'one warning for one key')
    assert.match(known.report()[0]?.refused ?? '', /sha256\/two/)
    known.refuseAgain(ids.b, 'sha256/one')
    assert.throws(() => known.refuseAgain(ids.b, 'sha256/two'), {
      code: 4403,
      told: /^it knows this server by another/,
    })
    known.admit(b)
    known.refuseAgain(ids.b, 'sha256/two')
    assert.equal(known.report()[0]?.refused, null, 'the old key again')
    assert.throws(() => known.admit(changed), { code: 4403 })
    assert.match(known.trust('Bee', 'me')[0] ?? '', /sha256\/two from now on/)
    const later = desk.open([bee])
    later.admit(changed)
    assert.throws(() => later.admit(b), { code: 4403 })
  })

  test('that was shown must be shown again', () => {
    const known = new Desk().open()
    known.admit(b)
    assert.throws(() => known.admit({ ...b, certificate: undefined }), { code: 4403, message: /shows no certificate/ })
  })

  test('may come later than the first contact', () => {
    const known = new Desk().open()
    known.admit({ ...b, certificate: undefined })
    known.admit(b)
    assert.equal(known.report()[0]?.certificate?.pin, 'sha256/one')
  })

  test('whose certificate is renewed stays the same key', () => {
    const known = new Desk().open()
    known.admit(b)
    const renewed = { ...certificate('sha256/one'), validTo: '2040-01-01T00:00:00.000Z' }
    known.admit({ ...b, certificate: renewed })
    assert.deepEqual(known.report()[0]?.certificate, renewed)
  })
})

suite('an address', () => {
  test('keeps its server, and another one there is refused until somebody trusts it', () => {
    const desk = new Desk()
    desk.open([bee]).admit({ ...b, at: bee })
    const known = desk.open([bee])
    const other = { ...b, id: ids.c, at: bee }
    assert.throws(() => known.admit(other), {
      code: 4403,
      message: /another server than before answers at b.example:5001/,
    })
    assert.match(desk.lines.at(-1) ?? '', /PEER "Bee" HAS ANOTHER SERVER/)
    assert.equal(known.idAt(bee), ids.b)
    known.trust('Bee', 'me')
    known.admit(other)
    assert.equal(known.idAt(bee), ids.c)
  })

  test('with an id takes that one only, and no word of trust helps', () => {
    const known = new Desk().open([{ ...bee, id: ids.c }])
    const strict = { ...bee, id: ids.c }
    assert.throws(() => known.admit({ ...b, at: strict }), { code: 4403, message: /the config says/ })
    assert.throws(() => known.trust('Bee', 'me'), { code: 'nothing_refused' })
  })
})

suite('a stranger', () => {
  test('is let in with one line in the log, or not at all', () => {
    const desk = new Desk()
    const open = desk.open()
    open.admit(b)
    open.admit(b)
    assert.equal(desk.lines.length, 1)
    assert.match(desk.lines[0] ?? '', /"City B".*accept_unknown_peers/)
    const closed = desk.open([], false)
    assert.equal(closed.mayLink(ids.b), false, 'whom we knew before the config was changed is one, too')
    assert.throws(() => closed.admit(b), { code: 4403 })
  })

  test('named in the config by its id, or once met at its address, is none', () => {
    const desk = new Desk()
    assert.equal(desk.open([{ name: 'Bee', id: ids.b }], false).mayLink(ids.b), true)
    const known = desk.open([bee], false)
    assert.equal(known.mayLink(ids.b), false)
    known.admit({ ...b, at: bee })
    assert.equal(known.mayLink(ids.b), true)
  })
})

test('the name is that of the config, and nobody else goes by it', () => {
  const known = new Desk().open([bee])
  assert.equal(known.nameOf(ids.b, 'City B'), 'City B')
  known.admit({ ...b, at: bee })
  assert.equal(known.nameOf(ids.b, 'City B'), 'Bee')
  for (const name of ['Bee', 'bee', 'Bee ', 'B\u200bee', 'Bｅe', 'City A', '\u200b', '  '])
    assert.equal(known.nameOf(ids.c, name), `${name} (CCCCCCCC)`)
})

test('what is not known cannot be trusted', () => {
  const known = new Desk().open([bee])
  assert.throws(() => known.trust('Nobody', 'me'), { code: 'unknown_peer' })
  assert.throws(() => known.trust('Bee', 'me'), { code: 'nothing_refused' })
  known.admit(b)
  assert.throws(() => known.admit({ ...b, certificate: certificate('sha256/two') }))
  assert.throws(() => known.trust('BBBBB', 'me'), { code: 'unknown_peer' }, 'too short to be meant')
  assert.equal(known.trust('BBBBBB', 'me').length, 1)
})

suite('a word of trust that may mean several servers', () => {
  test('is not taken: one of them may be there to be taken along', () => {
    const desk = new Desk()
    desk.open([bee]).admit({ ...b, at: bee })
    const known = desk.open([bee])
    assert.throws(() => known.admit({ ...b, certificate: certificate('sha256/two') }))
    assert.throws(() => known.admit({ ...b, id: ids.c, at: bee }))
    assert.throws(() => known.trust('Bee', 'me'), { code: 'ambiguous', message: new RegExp(`${ids.c}.*${ids.b}`) })
    assert.match(known.trust(ids.b, 'me').join(), /^the key of "Bee" is sha256\/two/)
    assert.equal(known.idAt(bee), ids.b)
  })

  test('is not taken by the begin that two ids have in common', () => {
    const known = new Desk().open()
    const twins = [`${'B'.repeat(41)}CA`, ids.b]
    for (const id of twins) {
      known.admit({ ...b, id })
      assert.throws(() => known.admit({ ...b, id, certificate: certificate('sha256/two') }))
    }
    assert.throws(() => known.trust('BBBBBBBB', 'me'), { code: 'ambiguous' })
    assert.equal(known.trust(ids.b, 'me').length, 1)
  })
})

test('a name that a shell would carry out is not put into a command', () => {
  const desk = new Desk()
  const known = desk.open()
  for (const name of ['$(reboot)', '`reboot`', 'x"; reboot; "', 'x\\', '!!']) {
    known.admit({ ...b, name })
    const changed = { ...b, name, certificate: certificate(`sha256/${name.length}`) }
    assert.throws(
      () => known.admit(changed),
      (error: Error) => error.message.endsWith(`meshcore-room trust "${ids.b}"`),
    )
    assert.ok(desk.lines.at(-1)?.endsWith(`meshcore-room trust "${ids.b}"`))
  }
})

test('strangers without end neither push out the key of a peer of the config nor fill the log', () => {
  const desk = new Desk()
  const known = desk.open([bee])
  known.admit({ ...b, at: bee })
  for (let i = 0; i < 1500; i++) {
    desk.now += 1000
    known.admit({ ...b, id: `${String(i).padStart(42, '0')}A` })
  }
  assert.equal(known.report().length, 1000)
  assert.throws(() => known.admit({ ...b, certificate: certificate('sha256/two') }), { code: 4403 })
  assert.ok(desk.lines.length < 40, `${desk.lines.length} lines`)
})

test('no more than a thousand are remembered; who was not seen for longest goes first', () => {
  const desk = new Desk()
  const known = desk.open()
  for (let i = 0; i < 1001; i++) {
    desk.now += 1000
    known.admit({ ...b, id: `${String(i).padStart(42, '0')}A` })
  }
  assert.equal(known.report().length, 1000)
  assert.equal(desk.kept.size, 1000)
  assert.equal(
    known.report().some(({ id }) => id === `${'0'.repeat(42)}A`),
    false,
  )
})

test('damaged records count as none', () => {
  const desk = new Desk()
  desk.open().admit(b)
  desk.kept.set(`peer:${ids.b}`, '{"id":')
  desk.kept.set('peer-at:b.example:5001', '[]')
  assert.deepEqual(desk.open().report(), [])
  assert.equal(desk.lines.filter(line => line.includes('damaged')).length, 2)
})
