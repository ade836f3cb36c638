// What was recorded of earlier versions (test/vectors/transcript-*.json) is still spoken, by either end: the one end says what it
// said then, and the other, played by the code as it is now, must understand it and say everything it said then.
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { decodeFrame } from '#common/protocol/codec.ts'
import { type FrameOf, frameNames } from '#common/protocol/frames.ts'
import type { Side } from '#common/protocol/handshake.ts'
import { memoryConnection } from '#test/support/memory-transport.ts'
import type { Line } from '#test/support/protocol-vectors.ts'
import {
  otherSide,
  proofByRule,
  readTranscript,
  type Session,
  saysAll,
  type Transcript,
} from '#test/support/transcript.ts'
import { TranscriptServer } from '#test/support/transcript-server.ts'
import { waitFor } from '#test/support/wait-for.ts'

const sides = ['dialler', 'acceptor'] as const
const folder = fileURLToPath(new URL('../vectors/', import.meta.url))
const versions = globSync('transcript-*.json', { cwd: folder }).map(file => file.replace(/^transcript-|\.json$/g, ''))
/** Beside the versions of the protocol, what may change: the program's own name. */
const free = new Set(['software', 'versions'])

type AnyFrame = { t: string; [field: string]: unknown }
const read = (text: string) => JSON.parse(text) as AnyFrame

/** One end is played by the test, line by line. */
class Replay {
  readonly #transcript: Transcript
  readonly #session: Session
  /** That under test. */
  readonly #side: Side
  readonly #connection
  readonly transport
  /** What the end under test has said and was not expected yet. */
  readonly #heard: string[] = []
  readonly #hellos: Record<Side, string> = { dialler: '', acceptor: '' }

  constructor(transcript: Transcript, session: Session, side: Side) {
    this.#transcript = transcript
    this.#session = session
    this.#side = side
    const exporter = Buffer.from(transcript.exporter, 'hex')
    this.#connection = memoryConnection({ dialler: exporter, acceptor: exporter })
    this.transport = this.#connection[side]
    this.transport.send = frame => void this.#heard.push(frame.toString())
    this.#connection[otherSide(side)].listen({ onFrame: () => {}, onClose: () => {} })
  }

  async play(server: TranscriptServer): Promise<void> {
    for (const line of this.#session.lines) {
      if (!('frame' in line)) {
        if (line.at === this.#side) await server.perform(line)
      } else if (line.from === this.#side) await this.#expect(line)
      else this.#say(line)
    }
  }

  #say({ from, frame }: Line): void {
    const { t } = read(frame)
    if (t === 'hello') this.#hellos[from] = frame
    this.#connection[from].send(t === 'proof' ? this.#proof(from, read(frame)) : frame)
    this.#connection.deliver(this.#side)
  }

  /** Of the hellos as they are now: that of the end under test may have further fields. */
  #proof(side: Side, recorded: AnyFrame): string {
    const { macs, sig } = proofByRule(side, this.#session[side].secrets, this.#parts())
    const [mac, ...also] = macs
    return JSON.stringify({ t: 'proof', mac, ...('also' in recorded && { also }), sig })
  }

  async #expect({ frame }: Line): Promise<void> {
    const expected = read(frame)
    const index = await waitFor(() => this.#heard.findIndex(text => this.#isIt(read(text), expected)), {
      what: `${frame}; heard were\n${this.#heard.join('\n')}`,
      deadlineMs: 15_000,
      until: found => found !== -1,
    })
    // An ack speaks for those before it, too.
    if (expected.t !== 'ack') this.#take(index)
  }

  #take(index: number): void {
    const [text = ''] = this.#heard.splice(index, 1)
    if (read(text).t === 'hello') this.#hellos[this.#side] = text
  }

  #isIt(actual: AnyFrame, expected: AnyFrame): boolean {
    if (actual.t !== expected.t) return false
    if (expected.t === 'hello') return this.#isHello(actual, expected)
    if (expected.t === 'proof') return this.#isProof(actual as unknown as FrameOf<'proof'>)
    if (expected.t === 'ack' && Number(actual.offset) > Number(expected.offset))
      return saysAll(actual, { ...expected, offset: actual.offset })
    return saysAll(actual, expected)
  }

  #isHello(actual: AnyFrame, expected: AnyFrame): boolean {
    const fixed = Object.fromEntries(Object.entries(expected).filter(([key]) => !free.has(key)))
    const [spoken, then] = [actual.versions, expected.versions] as [number[], number[]]
    const isSpoken = this.#side === 'dialler' ? then.every(one => spoken.includes(one)) : saysAll(spoken, then)
    return isSpoken && saysAll(actual, fixed)
  }

  /** Of a dialler one MAC will do that the acceptor can check; an acceptor proves itself by all that it accepts. */
  #isProof({ mac, also = [], sig }: FrameOf<'proof'>): boolean {
    const side = this.#side
    const { secrets } = this.#session[side]
    const byRule = proofByRule(side, secrets, this.#parts())
    const shared = secrets.findIndex(secret => this.#session[otherSide(side)].secrets.includes(secret))
    const wanted = side === 'dialler' ? [byRule.macs[shared]] : byRule.macs
    return sig === byRule.sig && wanted.every(one => one !== undefined && [mac, ...also].includes(one))
  }

  #parts() {
    return { transcript: this.#transcript, session: this.#session, hellos: this.#hellos }
  }
}

function reportsIn({ lines }: Session): unknown[] {
  return lines.flatMap(line => ('do' in line && line.do === 'report' ? [line.report] : []))
}

for (const version of versions) {
  const transcript = readTranscript(version)
  const guidsOf = (numbers: readonly number[]) =>
    numbers.map(n => (JSON.parse(transcript.posts[n] ?? '{}') as { guid: string }).guid).toSorted()

  suite(`version ${version}`, () => {
    for (const session of transcript.sessions) {
      for (const side of sides) {
        test(`${session.name}: the ${side} of now`, async () => {
          const replay = new Replay(transcript, session, side)
          await using server = await TranscriptServer.open({ transcript, session, side, transport: replay.transport })
          const linked = server.run()
          linked.catch(() => {})
          await replay.play(server)
          const link = await linked
          assert.equal((await link.ended).code, 4503)
          assert.deepEqual(server.reports, side === 'acceptor' ? reportsIn(session) : [])
          assert.deepEqual((await server.guids()).toSorted(), guidsOf(session[side].after))
        })
      }
    }

    test('the proofs of the record are those of the rule', () => {
      for (const session of transcript.sessions) {
        const said = (side: Side, name: string) => {
          const frames = session.lines.flatMap(line => ('frame' in line && line.from === side ? [line.frame] : []))
          return frames.find(text => read(text).t === name) ?? ''
        }
        const hellos = { dialler: said('dialler', 'hello'), acceptor: said('acceptor', 'hello') }
        for (const side of sides) {
          const proof = read(said(side, 'proof')) as unknown as FrameOf<'proof'>
          const { macs, sig } = proofByRule(side, session[side].secrets, { transcript, session, hellos })
          assert.deepEqual({ macs: [proof.mac, ...(proof.also ?? [])], sig: proof.sig }, { macs, sig })
        }
      }
    })
  })
}

test('the newest record has every kind of frame, and two secrets', () => {
  const { sessions } = readTranscript(versions.toSorted().at(-1) ?? '')
  const frames = sessions.flatMap(({ lines }) => lines.flatMap(line => ('frame' in line ? [line.frame] : [])))
  assert.deepEqual(new Set(frames.map(text => decodeFrame(text)?.t)), frameNames)
  assert.ok(frames.some(text => read(text).t === 'proof' && 'also' in read(text)))
})
