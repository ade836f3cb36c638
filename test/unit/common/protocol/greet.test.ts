// A handshake over a connection in memory: who gets in, who does not and why, and that nobody gets in without a proof.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { LinkError } from '#common/errors.ts'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import type { RoomGrant } from '#common/protocol/frames.ts'
import { greetAsAcceptor, greetAsDialler, type Peer } from '#common/protocol/greet.ts'
import { linkKey, makeHello, makeProof, type Self } from '#common/protocol/handshake.ts'
import { commonVersion } from '#common/protocol/versions.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'
import { settle } from '#test/support/link-world.ts'
import { memoryConnection } from '#test/support/memory-transport.ts'

const secret = 'ab'.repeat(32)
const exporter = Buffer.alloc(32, 7)
const wanted: RoomGrant[] = [{ room: 'main', read: true, write: true }]

function server(name: string, changes: Partial<Self> = {}): Self {
  const identity = identityFromPem(newIdentityPem())
  return { identity, name, role: 'edge', software: 'test', boot: name, secret, now: () => 5_000, ...changes }
}

const edge = server('City A')
const hub = server('hub', { role: 'hub', now: () => 12_000, windowBytes: 65_536 })
const stranger = server('stranger')

interface Ends {
  dialler?: Self
  acceptor?: Self
  exporters?: { dialler?: Uint8Array; acceptor?: Uint8Array }
  verified?: boolean
  grant?: (rooms: readonly RoomGrant[]) => RoomGrant[] | Promise<RoomGrant[]>
}

type Outcome = Peer | LinkError

/** Both sides of a handshake; each gives the peer it has proved, or the error it ended with. */
async function greet({
  dialler = edge,
  acceptor = hub,
  exporters = {},
  verified = true,
  grant = rooms => [...rooms],
}: Ends) {
  const connection = memoryConnection(exporters)
  Object.defineProperty(connection.dialler, 'verified', { value: verified })
  const out = greetAsDialler(new FrameReader(connection.dialler), dialler, { wanted }).catch(
    closing(connection.dialler),
  )
  const into = greetAsAcceptor(new FrameReader(connection.acceptor), acceptor, ({ rooms }) => grant(rooms)).catch(
    closing(connection.acceptor),
  )
  const ended = Promise.all([out, into])
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!isOver) {
    await settle()
    while (connection.deliver('acceptor') || connection.deliver('dialler')) await settle()
  }
  return ended
}

const closing = (transport: Transport) => (error: unknown) => {
  assert.ok(error instanceof LinkError, String(error))
  transport.close(error.code, error.message)
  return error
}

function expectRefused(outcome: Outcome, code: number, reason: RegExp): void {
  assert.ok(outcome instanceof LinkError, 'was let in')
  assert.deepEqual([outcome.code, reason.test(outcome.message)], [code, true], outcome.message)
}

suite('two servers', () => {
  for (const bound of [true, false]) {
    test(`that share the secret know each other, ${bound ? 'bound to TLS' : 'behind a proxy'}`, async () => {
      const [theHub, theEdge] = await greet(bound ? { exporters: { dialler: exporter, acceptor: exporter } } : {})
      assert.ok(!(theHub instanceof LinkError) && !(theEdge instanceof LinkError))
      assert.deepEqual([theHub.id, theHub.name, theHub.role, theHub.boot], [hub.identity.id, 'hub', 'hub', 'hub'])
      assert.deepEqual([theEdge.id, theEdge.name, theEdge.role], [edge.identity.id, 'City A', 'edge'])
      assert.deepEqual([theHub.windowBytes, theEdge.windowBytes], [65_536, 262_144])
      assert.deepEqual([theHub.clockOffMs, theEdge.clockOffMs], [7000, -7000])
      assert.deepEqual([theHub.rooms, theEdge.rooms], [wanted, wanted])
      assert.ok(theHub.latencyMs >= 0 && theEdge.latencyMs >= 0)
    })
  }

  test('call each other by names that show what they say', async () => {
    const sly = server('Boulder\u202egpj.exe\u2028')
    const [, ofSly] = (await greet({ dialler: sly })) as [Peer, Peer]
    assert.equal(ofSly.name, 'Bouldergpj.exe')
    const unseen = server('\u200b')
    const [, ofUnseen] = (await greet({ dialler: unseen })) as [Peer, Peer]
    assert.equal(ofUnseen.name, unseen.identity.id.slice(0, 8))
  })

  test('end with what was granted, not with what was wished', async () => {
    const granted = [{ room: 'main', read: true, write: false, reason: 'full' }]
    const [theHub, theEdge] = await greet({ grant: () => granted })
    assert.ok(!(theHub instanceof LinkError) && !(theEdge instanceof LinkError))
    assert.deepEqual([theHub.rooms, theEdge.rooms], [granted, granted])
  })
})

const [old, fresh, foreign] = ['0d'.repeat(32), 'f1'.repeat(32), '99'.repeat(32)]
/** Where a server stands while the federation goes from `old` to `fresh`. */
const stages: Record<string, Pick<Self, 'secret' | 'previousSecret'>> = {
  before: { secret: old },
  between: { secret: fresh, previousSecret: { secret: old } },
  after: { secret: fresh },
  'in the other order': { secret: old, previousSecret: { secret: fresh } },
}
/** By which secret each end says that they are linked; undefined: they are not. */
const mixtures: [dialler: string, acceptor: string, seen: [string, string] | undefined][] = [
  ['before', 'before', ['current', 'current']],
  ['before', 'between', ['outdated', 'previous']],
  ['before', 'after', undefined],
  ['between', 'before', ['previous', 'current']],
  ['between', 'between', ['current', 'current']],
  ['between', 'after', ['current', 'current']],
  ['after', 'before', undefined],
  ['after', 'between', ['current', 'current']],
  ['after', 'after', ['current', 'current']],
  ['in the other order', 'between', ['outdated', 'previous']],
  ['between', 'in the other order', ['outdated', 'previous']],
]

suite('while the secret is changed', () => {
  for (const [dialler, acceptor, seen] of mixtures) {
    test(`${dialler} dials ${acceptor}`, async () => {
      const ends = { dialler: server('x', stages[dialler]), acceptor: server('y', stages[acceptor]) }
      const [there, here] = await greet({ ...ends, exporters: { dialler: exporter, acceptor: exporter } })
      if (seen === undefined) return expectRefused(there, 4401, /wrong federation secret/)
      assert.ok(!(there instanceof LinkError) && !(here instanceof LinkError))
      assert.deepEqual([there.secret, here.secret], seen)
    })
  }

  test('the previous one is good until its time is over, at either end', async () => {
    const until = (ms: number) => ({ secret: fresh, previousSecret: { secret: old, until: ms } })
    const late = server('late', stages.before)
    const [, here] = await greet({ dialler: late, acceptor: server('y', until(5001)) })
    assert.ok(!(here instanceof LinkError))
    const [there] = await greet({ dialler: late, acceptor: server('y', until(5000)) })
    expectRefused(there, 4401, /wrong federation secret/)
    const [after] = await greet({ dialler: server('y', until(5000)), acceptor: late })
    expectRefused(after, 4401, /wrong federation secret/)
  })

  test('a server that has neither gets nowhere, whatever it sends beside its proof', async () => {
    const thief = server('thief', { secret: foreign, previousSecret: { secret: 'aa'.repeat(32) } })
    expectRefused((await greet({ dialler: thief, acceptor: server('y', stages.between) }))[0], 4401, /wrong federation/)
    const hello = encodeFrame(makeHello(thief, 'none', []))
    const keys = [foreign, 'aa'.repeat(32), 'bb'.repeat(32)].map(one =>
      linkKey(one, thief.identity.id, hub.identity.id),
    )
    const transcript = { dialler: hello, acceptor: hello, exporter: undefined }
    const guess = encodeFrame(makeProof('dialler', thief, keys, transcript))
    expectRefused(await accept([hello, guess]), 4401, /wrong federation secret/)
  })
})

suite('versions', () => {
  const speaking = (name: string, ...versions: number[]) => server(name, { versions })

  test('the highest in common is chosen, and both ends know it', async () => {
    for (const [ours, theirs, chosen] of [
      [[1], [2, 1], 1],
      [[2, 1], [1], 1],
      [[2, 1], [3, 2, 1], 2],
      [[1, 2], [2, 1], 2],
    ] as const) {
      const [there, here] = await greet({ dialler: speaking('x', ...ours), acceptor: speaking('y', ...theirs) })
      assert.ok(!(there instanceof LinkError) && !(here instanceof LinkError), `${ours} and ${theirs}`)
      assert.equal(commonVersion(ours, theirs), chosen)
    }
  })

  test('without one in common both ends are told who is to be upgraded', async () => {
    const words = 'no version of the protocol in common: "x" speaks 2, "y" speaks 1; upgrade "y"'
    for (const end of await greet({ dialler: speaking('x', 2), acceptor: speaking('y', 1) }))
      expectRefused(end, 4400, new RegExp(`^${words}$`))
    for (const end of await greet({ dialler: speaking('x', 1), acceptor: speaking('y', 3, 2) }))
      expectRefused(end, 4400, /upgrade "x"$/)
  })

  test('a dialler goes on with none that it has not offered', async () => {
    for (const versions of [[2], [1, 2]]) {
      const connection = memoryConnection()
      connection.acceptor.listen({ onFrame: () => {}, onClose: () => {} })
      const greeting = greetAsDialler(new FrameReader(connection.dialler), edge, { wanted })
      const refused = assert.rejects(greeting, { code: 4400, message: /"hub" speaks .*2, "City A" speaks 1; upgrade/ })
      connection.acceptor.send(encodeFrame({ ...makeHello(hub, 'none', wanted), versions }))
      while (connection.deliver('dialler')) await settle()
      await refused
    }
  })
})

suite('refused are', () => {
  test('another secret, by both', async t => {
    // The dialler sees for itself, and need not wait: no time passes.
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const [dialler, acceptor] = await greet({ dialler: server('x', { secret: 'cd'.repeat(32) }) })
    expectRefused(dialler, 4401, /wrong federation secret/)
    assert.ok(acceptor instanceof LinkError)
  })

  test('a man in the middle: another TLS connection on each side', async () => {
    const [dialler, acceptor] = await greet({ exporters: { dialler: exporter, acceptor: Buffer.alloc(32, 8) } })
    expectRefused(dialler, 4401, /somebody between us/)
    assert.ok(acceptor instanceof LinkError)
  })

  test('a proof that is not bound, where TLS ends here', async () => {
    const [, acceptor] = await greet({ exporters: { acceptor: exporter } })
    expectRefused(acceptor, 4401, /does not bind its proof to TLS/)
  })

  test('a proxy whose certificate nobody has verified', async () => {
    const [dialler] = await greet({ exporters: { dialler: exporter }, verified: false })
    expectRefused(dialler, 4401, /certificate is not verified/)
  })

  test('our own identity', async () => {
    const [, acceptor] = await greet({ dialler: { ...edge, identity: hub.identity } })
    expectRefused(acceptor, 4409, /our own identity/)
  })

  test('whoever the rooms are not granted to', async () => {
    const [, acceptor] = await greet({ grant: () => Promise.reject(new LinkError(4429, 'full')) })
    expectRefused(acceptor, 4429, /full/)
  })
})

/** What an acceptor makes of frames; the test sends them all, whatever it answers. */
async function accept(frames: readonly string[]): Promise<Outcome> {
  const connection = memoryConnection()
  connection.dialler.listen({ onFrame: () => {}, onClose: () => {} })
  const reader = new FrameReader(connection.acceptor)
  const outcome = greetAsAcceptor(reader, hub, () => []).catch((error: unknown) => {
    assert.ok(error instanceof LinkError, String(error))
    return error
  })
  for (const frame of frames) {
    connection.dialler.send(frame)
    connection.deliver('acceptor')
    await settle()
  }
  connection.cut()
  return outcome
}

suite('a stranger', () => {
  const hello = encodeFrame(makeHello(stranger, 'none', []))
  const key = linkKey('cd'.repeat(32), stranger.identity.id, hub.identity.id)
  const guess = encodeFrame(
    makeProof('dialler', stranger, [key], { dialler: hello, acceptor: hello, exporter: undefined }),
  )

  test('with a guess is kept waiting for a second', async () => {
    const startedAt = performance.now()
    expectRefused(await accept([hello, guess]), 4401, /wrong federation secret/)
    assert.ok(performance.now() - startedAt > 950)
  })

  test('that speaks another version is told so', async () => {
    const other = encodeFrame({ ...makeHello(stranger, 'none', []), versions: [2, 3] })
    expectRefused(await accept([other]), 4400, /"stranger" speaks 2, 3, "hub" speaks 1; upgrade "hub"$/)
  })

  test('that says goodbye first ends with its code', async () => {
    expectRefused(await accept(['{"t":"bye","code":4503,"reason":"restart"}']), 4503, /restart/)
  })

  test('cannot choose a code that would break our own goodbye', async () => {
    expectRefused(await accept(['{"t":"bye","code":5,"reason":""}']), 4400, /code/)
  })

  test('that says nothing is given ten seconds for each step', async t => {
    expectRefused(await silence(t, []), 4408, /nothing heard/)
    expectRefused(await silence(t, [hello]), 4408, /nothing heard/)
  })

  test('never gets in without a proof, whatever it sends', async () => {
    const nonsense = ['{"t":"ping","n":1}', '{"t":"hurry"}', '{', '{"t":"resume","n":1,"rooms":{}}']
    const known = fc.constantFrom(hello, encodeFrame(makeHello(stranger, 'exporter', wanted)), ...nonsense)
    await fc.assert(
      fc.asyncProperty(fc.array(known, { maxLength: 4 }), async frames => {
        assert.ok((await accept(frames)) instanceof LinkError)
      }),
      { numRuns: 40 },
    )
  })

  async function silence(t: TestContext, frames: readonly string[]): Promise<Outcome> {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const connection = memoryConnection()
    connection.dialler.listen({ onFrame: () => {}, onClose: () => {} })
    const outcome = greetAsAcceptor(new FrameReader(connection.acceptor), hub, () => []).catch(error => error)
    for (const frame of frames) connection.dialler.send(frame)
    while (connection.deliver('acceptor')) await settle()
    t.mock.timers.tick(10_000)
    t.mock.timers.reset()
    return outcome
  }
})

test('a proof seen once is of no use on another connection', async () => {
  const connection = memoryConnection()
  const seen: string[] = []
  const listen = connection.acceptor.listen.bind(connection.acceptor)
  connection.acceptor.listen = events =>
    listen({
      onFrame: text => {
        seen.push(text)
        events.onFrame(text)
      },
      onClose: (code, reason) => events.onClose(code, reason),
    })
  const first = greetAsDialler(new FrameReader(connection.dialler), edge, { wanted })
  const accepted = greetAsAcceptor(new FrameReader(connection.acceptor), hub, () => [])
  for (let i = 0; i < 5; i++) {
    while (connection.deliver('acceptor') || connection.deliver('dialler')) await settle()
  }
  await Promise.all([first, accepted])
  assert.deepEqual(
    seen.map(text => decodeFrame(text)?.t),
    ['hello', 'proof'],
  )
  expectRefused(await accept(seen), 4401, /wrong federation secret/)
})
