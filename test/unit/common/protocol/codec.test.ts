// Frames to bytes and back: golden bytes, malformed bytes, and any frame cut or changed anywhere.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { LinkError } from '#common/errors.ts'
import { packGuids } from '#common/guid.ts'
import { decodeFrame, encodeFrame, encodePostsFrame } from '#common/protocol/codec.ts'
import { type Frame, frameNames } from '#common/protocol/frames.ts'

const epoch = 'AAAAAAAAAAAAAAAA'
const guid = '0b1f6f2e-7d55-4a4c-9a59-0a8a2f6f0001'
const id = 'A'.repeat(43)
const range = { room: 'main', epoch, after: 5, next: 9 }

const golden: [Frame, string][] = [
  [
    {
      t: 'hello',
      versions: [1],
      id,
      name: 'City A',
      role: 'edge',
      software: 's/1',
      boot: 'b',
      nonce: id,
      clock: 7,
      binding: 'exporter',
      rooms: [{ room: 'main', read: true, write: false, reason: 'full' }],
      limits: { windowBytes: 262_144, frameBytes: 262_144 },
    },
    `{"t":"hello","versions":[1],"id":"${id}","name":"City A","role":"edge","software":"s/1","boot":"b","nonce":"${id}","clock":7,"binding":"exporter","rooms":[{"room":"main","read":true,"write":false,"reason":"full"}],"limits":{"windowBytes":262144,"frameBytes":262144}}`,
  ],
  [{ t: 'proof', mac: id, sig: 'B'.repeat(86) }, `{"t":"proof","mac":"${id}","sig":"${'B'.repeat(86)}"}`],
  [
    { t: 'resume', n: 1, rooms: { main: { cursor: { epoch, offset: 3 }, epoch, ended: { [epoch]: 2 } } } },
    `{"t":"resume","n":1,"rooms":{"main":{"cursor":{"epoch":"${epoch}","offset":3},"epoch":"${epoch}","ended":{"${epoch}":2}}}}`,
  ],
  [
    { t: 'start', room: 'main', n: 1, epoch, after: 5, head: 9 },
    `{"t":"start","room":"main","n":1,"epoch":"${epoch}","after":5,"head":9}`,
  ],
  [
    { t: 'posts', ...range, posts: [{ any: 'thing' }] },
    `{"t":"posts","room":"main","epoch":"${epoch}","after":5,"next":9,"posts":[{"any":"thing"}]}`,
  ],
  [{ t: 'ack', room: 'main', epoch, offset: 9 }, `{"t":"ack","room":"main","epoch":"${epoch}","offset":9}`],
  [
    { t: 'offer', ...range, guids: [guid] },
    `{"t":"offer","room":"main","epoch":"${epoch}","after":5,"next":9,"guids":"${packGuids([guid])}"}`,
  ],
  [{ t: 'want', ...range, guids: [] }, `{"t":"want","room":"main","epoch":"${epoch}","after":5,"next":9,"guids":""}`],
  [
    { t: 'gap', room: 'main', epoch, from: 1, to: 4, why: 'trimmed' },
    `{"t":"gap","room":"main","epoch":"${epoch}","from":1,"to":4,"why":"trimmed"}`,
  ],
  [{ t: 'cards', cards: [{ any: 'thing' }] }, '{"t":"cards","cards":[{"any":"thing"}]}'],
  [{ t: 'report', rooms: [], self: { any: 'thing' } }, '{"t":"report","rooms":[],"self":{"any":"thing"}}'],
  [{ t: 'hold', room: 'main' }, '{"t":"hold","room":"main"}'],
  [{ t: 'standby', on: true }, '{"t":"standby","on":true}'],
  [{ t: 'ping', n: 3 }, '{"t":"ping","n":3}'],
  [{ t: 'pong', n: 3 }, '{"t":"pong","n":3}'],
  [
    { t: 'bye', code: 4503, reason: 'restart', retryAfterMs: 20 },
    '{"t":"bye","code":4503,"reason":"restart","retryAfterMs":20}',
  ],
]

const isProtocolError = (error: unknown) => error instanceof LinkError && error.code === 4400

/** The frame, or undefined for an unknown name or a refusal with 4400; anything else is a fault. */
function decodeOrRefuse(text: string): Frame | undefined {
  try {
    return decodeFrame(text)
  } catch (error) {
    assert.ok(isProtocolError(error), String(error))
    return undefined
  }
}

suite('golden bytes', () => {
  for (const [frame, text] of golden) {
    test(frame.t, () => {
      assert.equal(encodeFrame(frame), text)
      assert.deepEqual(decodeFrame(text), frame)
    })
  }

  test('every kind of frame is among them', () => {
    assert.deepEqual(new Set(golden.map(([{ t }]) => t)), frameNames)
  })

  test('the writer of posts frames makes the same bytes as the general one', () => {
    const post = fc.record({ text: fc.string({ unit: 'binary' }), n: fc.integer() })
    fc.assert(
      fc.property(fc.array(post, { maxLength: 5 }), fc.nat(), fc.nat(), (posts, after, more) => {
        const place = { room: 'main', epoch, after, next: after + more }
        const encoded = posts.map(p => JSON.stringify(p))
        assert.equal(encodePostsFrame(place, encoded), encodeFrame({ t: 'posts', ...place, posts }))
      }),
    )
  })
})

suite('malformed bytes', () => {
  const ack = { t: 'ack', room: 'main', epoch, offset: 9 }
  const faulty: Record<string, unknown> = {
    'no object': 7,
    'no name': { room: 'main' },
    'a name that is no text': { t: 7 },
    'a field that is missing': { ...ack, offset: undefined },
    'an offset below 0': { ...ack, offset: -1 },
    'an offset that is not whole': { ...ack, offset: 1.5 },
    'an offset beyond what a double counts': { ...ack, offset: 2 ** 53 },
    'a room in capitals': { ...ack, room: 'Main' },
    'a room that climbs': { ...ack, room: '../main' },
    'an epoch of the wrong length': { ...ack, epoch: 'short' },
    'an offer of too many': { t: 'offer', ...range, guids: packGuids(Array(1001).fill(guid)) },
    'an offer of no GUIDs': { t: 'offer', ...range, guids: 'AAAA' },
    'an offer of GUIDs in other words': { t: 'offer', ...range, guids: [guid] },
    'an offer of GUIDs and a rest': { t: 'offer', ...range, guids: `${packGuids([guid])}=` },
    'too many posts': { t: 'posts', ...range, posts: Array(65).fill({}) },
    'a bye with a code that no close frame carries': { t: 'bye', code: 1, reason: '' },
    'a standby that is neither on nor off': { t: 'standby', on: 'yes' },
    'a bye for longer than an hour': { t: 'bye', code: 4503, reason: '', retryAfterMs: 3_600_001 },
    'a hello that names a room twice': {
      ...golden[0]?.[0],
      rooms: Array(2).fill({ room: 'main', read: true, write: true }),
    },
    'a hello whose name writes log lines': { ...golden[0]?.[0], name: 'x\n[INFO] all is well' },
    'a hello whose program steers the terminal': { ...golden[0]?.[0], software: '\u001b[2J' },
    'a hello with a window too small for a frame': {
      ...golden[0]?.[0],
      limits: { windowBytes: 65_535, frameBytes: 262_144 },
    },
  }
  for (const [what, value] of Object.entries(faulty)) {
    test(what, () => assert.throws(() => decodeFrame(JSON.stringify(value)), isProtocolError))
  }

  test('a frame that is not JSON', () => {
    for (const text of ['', 'null', '[]', '"ack"', '{', 'ack', '{"t":"ack"}x']) {
      assert.throws(() => decodeFrame(text), isProtocolError, text)
    }
  })

  test('what is wrong is said in a few words, whatever the other end has made up', () => {
    const text = JSON.stringify({ t: 'resume', n: 1, rooms: { ['x'.repeat(50_000)]: null } })
    assert.throws(
      () => decodeFrame(text),
      (error: Error) => isProtocolError(error) && error.message.length < 300,
    )
  })
})

test('a name that this version does not know is no fault, nor is a field', () => {
  assert.equal(decodeFrame('{"t":"hurry","by":3}'), undefined)
  assert.deepEqual(decodeFrame('{"t":"ping","n":3,"since":7}'), { t: 'ping', n: 3 })
})

test('any frame cut anywhere is refused', () => {
  for (const [, text] of golden) {
    for (let end = 0; end < text.length; end++) assert.throws(() => decodeFrame(text.slice(0, end)), isProtocolError)
  }
})

test('any text is a frame, an unknown frame, or refused with 4400', () => {
  const anyJson = fc.json()
  const named = fc
    .record({ t: fc.constantFrom(...frameNames), room: fc.string(), n: fc.anything() }, { requiredKeys: ['t'] })
    .map(value => JSON.stringify(value))
  const changed = fc
    .tuple(fc.constantFrom(...golden.map(([, text]) => text)), fc.nat(400), fc.string({ maxLength: 3 }))
    .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1))
  fc.assert(
    fc.property(fc.oneof(fc.string(), anyJson, named, changed), text => {
      const frame = decodeOrRefuse(text)
      if (frame !== undefined) assert.ok(frameNames.has(frame.t))
    }),
    { numRuns: 2000 },
  )
})
