// The fixed examples of mcfed.1 in test/vectors/protocol.json: our code makes these bytes, so does a second reading of the
// rules with nothing but node:crypto, and common/README.md shows them as they are.
import assert from 'node:assert/strict'
import { createHash, createHmac, createPublicKey, hkdfSync, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { guidFromContent } from '#common/guid.ts'
import { identityFromPem } from '#common/identity.ts'
import { canonicalBytes, encodePost, postSchema, signPost, verifyPost } from '#common/post.ts'
import { closeCodes, closePolicy } from '#common/protocol/close-codes.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import { type Frame, type FrameOf, frameNames, subprotocol } from '#common/protocol/frames.ts'
import { checkProof, linkKey, makeProof, type ProofCheck, proofBytes, type Side } from '#common/protocol/handshake.ts'
import { cardBytes, serverCardSchema, signCard, verifyCard } from '#common/server-card.ts'
import { spokeReportSchema } from '#common/spoke-report.ts'
import { playGap, playLink, playStandby } from '#test/support/link-traces.ts'
import { type HandshakeVector, keyOfSeed, type Line, vectors } from '#test/support/protocol-vectors.ts'

const { secret, servers, posts, cards, guids, handshakes, traces } = vectors
const sides = ['dialler', 'acceptor'] as const
const serverBySide = { dialler: servers.edge, acceptor: servers.hub }
const ids = [servers.edge.id, servers.hub.id] as const
const frameTexts = [
  ...Object.values(handshakes.bound.hellos),
  ...Object.values(handshakes.bound.proofs),
  ...Object.values(traces).flatMap(lines => lines.map(({ frame }) => frame)),
]

suite('keys, posts and cards', () => {
  test('an id is the public key of the seed', () => {
    for (const { seed, id } of Object.values(servers)) {
      assert.equal(identityOf(seed).id, id)
      assert.equal(createPublicKey(keyOfSeed(seed)).export({ format: 'jwk' }).x, id)
    }
  })

  test('a post is signed over its canonical bytes by its origin', async () => {
    for (const { by, post, canonical, sig, json } of posts) {
      assert.equal(canonicalBytes(post).toString(), canonical)
      const signed = signPost(post, identityOf(servers[by].seed))
      assert.deepEqual(signed, { ...post, sig })
      assert.equal(encodePost(signed), json)
      assert.deepEqual(postSchema.parse(JSON.parse(json)), signed)
      assert.equal(await verifyPost(signed), true)
      assert.equal(await verifyPost({ ...signed, text: `${post.text}.` }), false)
    }
  })

  test('the rule for canonical bytes, read again', () => {
    for (const { by, post, sig } of posts) {
      const { guid, room, origin, at, author, source, text } = post
      const strings = [author.name, author.key ?? '', source, text].map(value => JSON.stringify(value))
      const bytes = Buffer.from(`["mcfed/1/post","${guid}","${room}","${origin}",${at},${strings.join(',')}]`)
      const key = createPublicKey(keyOfSeed(servers[by].seed))
      assert.ok(verify(null, bytes, key, Buffer.from(sig, 'base64url')))
    }
  })

  test('a card is signed over its canonical bytes by its server, by our code and by the rule', async () => {
    for (const { by, card, canonical, sig } of cards) {
      assert.equal(cardBytes(card).toString(), canonical)
      const signed = signCard(card, identityOf(servers[by].seed))
      assert.deepEqual(signed, { ...card, sig })
      assert.deepEqual(serverCardSchema.parse(signed), signed)
      assert.equal(await verifyCard(signed), true)
      const { id, name, at, gateways } = card
      const keys = gateways.map(key => `"${key}"`).join(',')
      const bytes = Buffer.from(`["mcfed/1/card","${id}",${JSON.stringify(name)},${at},[${keys}]]`)
      assert.ok(verify(null, bytes, createPublicKey(keyOfSeed(servers[by].seed)), Buffer.from(sig, 'base64url')))
    }
    const shown = traces.cards.flatMap(({ frame }) => frameOf<'cards'>(frame).cards as { card: { sig: string } }[])
    assert.deepEqual(
      shown.map(({ card }) => card.sig),
      cards.map(({ sig }) => sig),
    )
  })

  test('content-derived GUIDs, by our code and by the rule', () => {
    for (const { tag, parts, guid } of guids) {
      const bytes = parts.map(part => Buffer.from(part, 'hex'))
      assert.equal(guidFromContent(tag, ...bytes), guid)
      const hex = createHash('sha256').update(`${tag}\0`).update(Buffer.concat(bytes)).digest('hex')
      const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4)
      assert.equal(guid.replaceAll('-', ''), `${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`)
    }
  })
})

suite('handshake', () => {
  test('the link key', () => {
    const keys = ids.map(id => Buffer.from(id, 'base64url'))
    const info = Buffer.concat([Buffer.from('mcfed/1/link\0'), ...keys])
    assert.equal(info.toString('hex'), vectors.linkKey.info)
    assert.equal(linkKey(secret, ...ids).toString('hex'), vectors.linkKey.key)
    assert.equal(Buffer.from(hkdfSync('sha256', secret, '', info, 32)).toString('hex'), vectors.linkKey.key)
  })

  for (const [name, handshake] of Object.entries(handshakes)) {
    test(`proofs, ${name} to TLS`, () => {
      for (const side of sides) checkProofOf(side, handshake)
    })

    test(`proofs, ${name} to TLS, by the rule alone`, () => {
      for (const side of sides) checkProofByRule(side, handshake)
    })
  }

  test('a proof is of no use with another exporter, for the other side, or under another secret', () => {
    const transcript = transcriptOf(handshakes.bound)
    for (const side of sides) {
      const proof = frameOf<'proof'>(handshakes.bound.proofs[side])
      const good = { side, id: serverBySide[side].id, keys: [linkKey(secret, ...ids)], transcript, proof }
      const other = side === 'dialler' ? 'acceptor' : 'dialler'
      assert.equal(proofFault(good), undefined)
      assert.match(proofFault({ ...good, transcript: { ...transcript, exporter: Buffer.alloc(32) } }) ?? '', /secret/)
      assert.match(proofFault({ ...good, transcript: transcriptOf(handshakes.unbound) }) ?? '', /secret/)
      assert.match(proofFault({ ...good, side: other }) ?? '', /secret/)
      assert.match(proofFault({ ...good, keys: [linkKey('another', ...ids)] }) ?? '', /secret/)
      assert.match(proofFault({ ...good, id: servers.other.id }) ?? '', /signature/)
    }
  })
})

suite('links', () => {
  test('a link from its first resume to its end is byte for byte as written down', async () => {
    const said = await playLink()
    for (const side of sides) assert.deepEqual(saidBy(side, said), saidBy(side, traces.link))
  })

  test('a reader whose place was trimmed is told the hole', async () => {
    const said = await playGap()
    for (const side of sides) assert.deepEqual(saidBy(side, said), saidBy(side, traces.gap))
  })

  test('a link that stands by ships when one end loses its hub, and stops when it is back', async () => {
    const said = await playStandby()
    for (const side of sides) assert.deepEqual(saidBy(side, said), saidBy(side, traces.standby))
  })

  test('a report says what it says, and our code writes it so', () => {
    for (const { frame } of traces.report) {
      const { t, ...said } = JSON.parse(frame)
      const report = spokeReportSchema.parse(said)
      assert.deepEqual(report, said)
      assert.equal(encodeFrame({ t, ...report }), frame)
    }
  })

  test('every kind of frame is there, and our code reads all of it', () => {
    for (const text of frameTexts) assert.deepEqual(frameOf(text), read(text))
    assert.deepEqual(kindsOf(frameTexts), frameNames)
  })

  test('close codes', () => {
    for (const { code, meaning, retryAfterMs } of vectors.closeCodes)
      assert.deepEqual(closePolicy(code), { meaning, retryAfterMs })
    const codes = new Set(vectors.closeCodes.map(({ code }) => code))
    for (const code of Object.values(closeCodes)) assert.ok(codes.has(code), `${code}`)
  })
})

suite('common/README.md', () => {
  const readme = readFileSync(new URL('../../../../common/README.md', import.meta.url), 'utf8')
  const shown = readme.split('\n').filter(line => line.startsWith('{"t":"'))

  test('shows every kind of frame, and no frame that is not in the vectors', () => {
    for (const line of shown) assert.ok(frameTexts.includes(line), `not in protocol.json: ${line}`)
    assert.deepEqual(kindsOf(shown), frameNames)
  })

  test('shows the bytes of a proof', () => {
    const rows = readme.matchAll(/^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} ?){1,16})/gm).toArray()
    assert.ok(rows.length > 4)
    for (const [, at = '', bytes = ''] of rows) {
      const start = Number.parseInt(at, 16) * 2
      const hex = bytes.replaceAll(' ', '')
      assert.equal(handshakes.bound.proofBytes.dialler.slice(start, start + hex.length), hex)
    }
  })

  test('shows the keys, a proof, a signature, the GUIDs and the close codes', () => {
    const { canonical, sig } = posts[0] ?? { canonical: 'none', sig: 'none' }
    for (const text of [secret, vectors.linkKey.key, canonical, sig, `\`${subprotocol}\``, `\`${vectors.protocol}\``])
      assert.ok(readme.includes(text), text)
    assert.ok(readme.includes(cards[0]?.canonical ?? 'none'))
    for (const { tag, guid } of guids) assert.ok(readme.includes(`\`${tag}\``) && readme.includes(guid), tag)
    for (const { code, retryAfterMs } of vectors.closeCodes)
      assert.match(readme, new RegExp(`^\\| ${code} \\|.*\\| ${retryAfterMs / 1000} s \\|$`, 'm'))
  })
})

/** In order; which of two ends speaks first is not part of the protocol. */
function saidBy(side: Side, lines: readonly Line[]): string[] {
  return lines.filter(({ from }) => from === side).map(({ frame }) => frame)
}

function identityOf(seed: string) {
  return identityFromPem(keyOfSeed(seed).export({ type: 'pkcs8', format: 'pem' }).toString())
}

function frameOf<T extends Frame['t']>(text: string): FrameOf<T> {
  const frame = decodeFrame(text)
  assert.ok(frame !== undefined, text)
  return frame as FrameOf<T>
}

/** A frame with nothing but JSON and the rule for GUIDs. */
function read(text: string): unknown {
  return JSON.parse(text, (key, value) => (key === 'guids' ? guidsIn(value) : value))
}

function guidsIn(packed: string): string[] {
  const digits = Buffer.from(packed, 'base64url').toString('hex')
  const all = digits.match(/.{32}/g) ?? []
  return all.map(guid => guid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
}

function kindsOf(texts: readonly string[]): Set<string> {
  return new Set(texts.map(text => frameOf(text).t))
}

function proofFault(check: ProofCheck): string | undefined {
  const verdict = checkProof(check)
  return 'fault' in verdict ? verdict.fault : undefined
}

function transcriptOf({ hellos, exporter }: HandshakeVector) {
  return { ...hellos, exporter: exporter === null ? undefined : Buffer.from(exporter, 'hex') }
}

function checkProofOf(side: Side, handshake: HandshakeVector): void {
  const identity = identityOf(serverBySide[side].seed)
  const self = { identity, name: '', role: 'edge', software: '', boot: '', secret, now: () => 0 } as const
  const transcript = transcriptOf(handshake)
  const key = linkKey(secret, ...ids)
  assert.equal(proofBytes(side, transcript).toString('hex'), handshake.proofBytes[side])
  const proof = makeProof(side, self, [key], transcript)
  assert.equal(encodeFrame(proof), handshake.proofs[side])
  assert.equal(proofFault({ side, id: identity.id, keys: [key], transcript, proof }), undefined)
}

function checkProofByRule(side: Side, { hellos, exporter, proofs }: HandshakeVector): void {
  const parts = [Buffer.from(`mcfed/1/proof\0${side}\0`)]
  for (const hello of [hellos.dialler, hellos.acceptor]) {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(Buffer.byteLength(hello))
    parts.push(length, Buffer.from(hello))
  }
  const bytes = Buffer.concat([...parts, Buffer.from(exporter ?? '', 'hex')])
  const { mac, sig } = JSON.parse(proofs[side])
  const key = Buffer.from(vectors.linkKey.key, 'hex')
  assert.equal(createHmac('sha256', key).update(bytes).digest('base64url'), mac)
  assert.equal(sign(null, bytes, keyOfSeed(serverBySide[side].seed)).toString('base64url'), sig)
}
