// The proofs of a link: good for one side, one pair of servers, one connection and one secret, and for nothing else.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import {
  checkProof,
  linkKey,
  makeHello,
  makeProof,
  type ProofCheck,
  type Self,
  type Side,
} from '#common/protocol/handshake.ts'

const secret = 'ab'.repeat(32)

function server(name: string, changes: Partial<Self> = {}): Self {
  const identity = identityFromPem(newIdentityPem())
  return { identity, name, role: 'edge', software: 'test', boot: 'b', secret, now: () => 1000, ...changes }
}

const edge = server('edge')
const hub = server('hub')
const exporter = Buffer.alloc(32, 7)
const hellos = {
  dialler: encodeFrame(makeHello(edge, 'exporter', [])),
  acceptor: encodeFrame(makeHello(hub, 'exporter', [])),
}
const transcript = { ...hellos, exporter }
const key = linkKey(secret, edge.identity.id, hub.identity.id)
const selves: Record<Side, Self> = { dialler: edge, acceptor: hub }
const macFault = /wrong federation secret/
const sigFault = /signature does not fit/

function proofFault(check: ProofCheck): string | undefined {
  const verdict = checkProof(check)
  return 'fault' in verdict ? verdict.fault : undefined
}

suite('a proof', () => {
  for (const side of ['dialler', 'acceptor'] as const) {
    const self = selves[side]
    const { id } = self.identity
    const proof = makeProof(side, self, [key], transcript)
    const good = { side, id, keys: [key], transcript, proof }

    test(`of the ${side} is accepted`, () => assert.equal(proofFault(good), undefined))

    test(`of the ${side} is worth nothing with anything else`, () => {
      const other = side === 'dialler' ? 'acceptor' : 'dialler'
      assert.match(proofFault({ ...good, side: other }) ?? '', macFault)
      assert.match(
        proofFault({ ...good, keys: [linkKey('cd'.repeat(32), edge.identity.id, hub.identity.id)] }) ?? '',
        macFault,
      )
      assert.match(proofFault({ ...good, keys: [linkKey(secret, hub.identity.id, edge.identity.id)] }) ?? '', macFault)
      assert.match(
        proofFault({ ...good, transcript: { ...transcript, exporter: Buffer.alloc(32, 8) } }) ?? '',
        macFault,
      )
      assert.match(proofFault({ ...good, transcript: { ...transcript, exporter: undefined } }) ?? '', macFault)
      assert.match(proofFault({ ...good, id: selves[other].identity.id }) ?? '', sigFault)
    })

    test(`of the ${side} cannot be made without its key`, () => {
      const forged = makeProof(side, server('thief'), [key], transcript)
      assert.match(proofFault({ ...good, proof: forged }) ?? '', sigFault)
    })

    test(`of the ${side} is refused when anything of it is changed`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom('mac' as const, 'sig' as const),
          fc.nat(84),
          fc.constantFrom('A', 'z', '_'),
          (part, at, put) => {
            const text = proof[part]
            const place = at % (text.length - 1)
            fc.pre(text[place] !== put)
            const changed = { ...proof, [part]: text.slice(0, place) + put + text.slice(place + 1) }
            assert.notEqual(proofFault({ ...good, proof: changed }), undefined)
          },
        ),
      )
    })
  }

  test('under several secrets is accepted by whoever has one of them, and says by which', () => {
    const [first, second, third, none] = ['11', '22', '33', '44'].map(two =>
      linkKey(two.repeat(32), edge.identity.id, hub.identity.id),
    ) as [Buffer, Buffer, Buffer, Buffer]
    const proof = makeProof('acceptor', hub, [first, second], transcript)
    assert.equal(proof.also?.length, 1)
    assert.deepEqual(decodeFrame(encodeFrame(proof)), proof)
    const check = (...keys: Buffer[]) => checkProof({ side: 'acceptor', id: hub.identity.id, keys, transcript, proof })
    assert.deepEqual(check(first), { key: 0, mac: 0 })
    assert.deepEqual(check(second), { key: 0, mac: 1 })
    assert.deepEqual(check(none, first), { key: 1, mac: 0 })
    assert.deepEqual(check(second, first), { key: 0, mac: 1 })
    assert.ok('fault' in check(none, third))
    assert.equal(makeProof('acceptor', hub, [first], transcript).also, undefined)
    assert.throws(() => decodeFrame(encodeFrame({ ...proof, also: [proof.mac, proof.mac, proof.mac] })), { code: 4400 })
  })

  test('is refused when any character of the hellos was changed on the way', () => {
    const proof = makeProof('dialler', edge, [key], transcript)
    fc.assert(
      fc.property(
        fc.constantFrom('dialler' as const, 'acceptor' as const),
        fc.nat(400),
        fc.string({ maxLength: 2 }),
        (whose, at, put) => {
          const text = hellos[whose]
          const place = at % text.length
          const changed = text.slice(0, place) + put + text.slice(place + 1)
          fc.pre(changed !== text)
          const fault = proofFault({
            side: 'dialler',
            id: edge.identity.id,
            keys: [key],
            proof,
            transcript: { ...transcript, [whose]: changed },
          })
          assert.match(fault ?? '', macFault)
        },
      ),
    )
  })

  test('covers where one hello ends and the other begins', () => {
    const moved = {
      dialler: hellos.dialler + hellos.acceptor.slice(0, 1),
      acceptor: hellos.acceptor.slice(1),
      exporter,
    }
    const proof = makeProof('dialler', edge, [key], transcript)
    assert.match(
      proofFault({ side: 'dialler', id: edge.identity.id, keys: [key], proof, transcript: moved }) ?? '',
      macFault,
    )
  })
})

suite('a hello', () => {
  test('can be read back, and is another one each time', () => {
    const rooms = [{ room: 'main', read: true, write: true }]
    const [one, two] = [makeHello(edge, 'none', rooms), makeHello(edge, 'none', rooms)]
    assert.deepEqual(decodeFrame(encodeFrame(one)), one)
    assert.notEqual(one.nonce, two.nonce)
    assert.deepEqual({ ...one, nonce: '' }, { ...two, nonce: '' })
  })

  test('says how much may be sent ahead of our acks', () => {
    assert.equal(makeHello(server('x'), 'none', []).limits.windowBytes, 256 * 1024)
    assert.equal(makeHello(server('x', { windowBytes: 64 * 1024 }), 'none', []).limits.windowBytes, 64 * 1024)
  })
})
