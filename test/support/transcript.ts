// Recorded links of an old version (test/vectors/transcript-*.json): what was said, and the rules of mcfed.1 by which it is read.
import { createHmac, hkdfSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Identity, identityFromPem } from '#common/identity.ts'
import type { Side } from '#common/protocol/handshake.ts'
import type { SpokeReport } from '#common/spoke-report.ts'
import { keyOfSeed, type Line } from './protocol-vectors.ts'

export interface TranscriptServerFacts {
  /** Hex, RFC 8032. */
  seed: string
  id: string
  name: string
  role: 'hub' | 'edge'
  software: string
  boot: string
  nonce: string
  /** What an edge says that its line may carry. */
  wanBytesPerDay?: number
  /** As it stands in frames, whatever the log that plays it has. */
  epoch: string
}

/** `by` of a post that was written at the server itself. */
export const ownPost = 'local'

/** What is done to a server before and during a session; posts by their number, servers by their name in the transcript. */
export type Step =
  | { do: 'store'; posts: number[]; by: string }
  /** All posts so far are past their retention. */
  | { do: 'trim' }
  /** It has read so much of another server's log. */
  | { do: 'cursor'; of: string; offset: number }
  /** It has heard of another server. */
  | { do: 'card'; of: string }
  /** Its store takes the next posts at the second try only. */
  | { do: 'refuse' }
  /** A ping beside those of the link itself. */
  | { do: 'ping'; n: number }
  /** An edge tells of itself. */
  | { do: 'report'; report: SpokeReport }
  | { do: 'standby'; on: boolean }
  | { do: 'close'; code: number; reason: string }

export interface SessionSide {
  server: string
  /** Accepted secrets, the current one first. */
  secrets: string[]
  before: Step[]
  standby: boolean
  /** Numbers of the posts in its log in the end, in any order. */
  after: number[]
}

export type SessionLine = Line | ({ at: Side } & Step)

export interface Session extends Record<Side, SessionSide> {
  name: string
  lines: SessionLine[]
}

export interface Transcript {
  protocol: string
  version: string
  room: string
  /** Of all servers; Unix ms. */
  clock: number
  /** Of TLS, hex. */
  exporter: string
  servers: Record<string, TranscriptServerFacts>
  /** As on the wire. */
  posts: string[]
  sessions: Session[]
}

export function transcriptUrl(version: string): URL {
  return new URL(`../vectors/transcript-${version}.json`, import.meta.url)
}

export function readTranscript(version: string): Transcript {
  return JSON.parse(readFileSync(transcriptUrl(version), 'utf8'))
}

export function factsOf(transcript: Transcript, name: string): TranscriptServerFacts {
  const facts = transcript.servers[name]
  if (facts === undefined) throw new Error(`the transcript has no server "${name}"`)
  return facts
}

export function identityOf({ seed }: TranscriptServerFacts): Identity {
  return identityFromPem(keyOfSeed(seed).export({ type: 'pkcs8', format: 'pem' }).toString())
}

export function otherSide(side: Side): Side {
  return side === 'dialler' ? 'acceptor' : 'dialler'
}

export interface ProofParts {
  transcript: Transcript
  session: Session
  hellos: Record<Side, string>
}

/** The bytes of a proof, by the rule in common/README.md alone. */
function proofBytesByRule(side: Side, { transcript, hellos }: ProofParts): Buffer {
  const parts = [Buffer.from(`mcfed/1/proof\0${side}\0`)]
  for (const hello of [hellos.dialler, hellos.acceptor]) {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(Buffer.byteLength(hello))
    parts.push(length, Buffer.from(hello))
  }
  return Buffer.concat([...parts, Buffer.from(transcript.exporter, 'hex')])
}

/** The MACs of one side, the one under its first secret first, and its signature; by the rule alone. */
export function proofByRule(
  side: Side,
  secrets: readonly string[],
  parts: ProofParts,
): { macs: string[]; sig: string } {
  const { transcript, session } = parts
  const bytes = proofBytesByRule(side, parts)
  const facts = (whose: Side) => factsOf(transcript, session[whose].server)
  const ids = [facts('dialler').id, facts('acceptor').id].map(id => Buffer.from(id, 'base64url'))
  const info = Buffer.concat([Buffer.from('mcfed/1/link\0'), ...ids])
  const macs = secrets.map(secret => {
    const key = Buffer.from(hkdfSync('sha256', secret, '', info, 32))
    return createHmac('sha256', key).update(bytes).digest('base64url')
  })
  return { macs, sig: sign(null, bytes, keyOfSeed(facts(side).seed)).toString('base64url') }
}

/** True when `actual` says everything that `expected` does; it may have further fields. */
export function saysAll(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => saysAll(actual[index], item))
    )
  }
  if (typeof expected !== 'object' || expected === null) return actual === expected
  if (typeof actual !== 'object' || actual === null) return false
  return Object.entries(expected).every(([key, value]) => saysAll((actual as Record<string, unknown>)[key], value))
}
