// The order of a handshake: hello, hello and proof, proof. After it both ends are known; before it nothing else is read.
import { LinkError } from '../errors.ts'
import { plainName } from '../plain-name.ts'
import type { FrameReader } from '../transport/frame-reader.ts'
import { closeCodes } from './close-codes.ts'
import { decodeFrame, encodeFrame } from './codec.ts'
import type { FrameName, FrameOf, Hello, RoomGrant } from './frames.ts'
import { checkProof, linkKey, makeHello, makeProof, type ProofCheck, type Self, type Transcript } from './handshake.ts'
import { type AcceptedSecret, acceptedSecrets, type LinkSecret } from './secrets.ts'
import { commonVersion, spokenVersions, versionFault } from './versions.ts'

const stepTimeoutMs = 10_000
const firstWordMs = 5000
/** Guessing the secret costs at least this much per try. */
const refusalDelayMs = 1000
const idCharactersShown = 8

/** Why a server is refused that has dialled itself, or has our key. */
export const ownSelf = 'is this server itself'
const twins = 'has our own identity: two servers share one key file'

/** The proved other end of a link. */
export interface Peer {
  id: string
  /** As it calls itself, fit to be shown; the begin of its id where that is nothing. */
  name: string
  role: 'hub' | 'edge'
  software: string
  boot: string
  secret: LinkSecret
  /** What the acceptor granted: `read` the acceptor's log, `write` into it. */
  rooms: RoomGrant[]
  /** The other end's clock minus ours in ms, and the round trip of the handshake. */
  clockOffMs: number
  latencyMs: number
  windowBytes: number
  wanBytesPerDay?: number | undefined
}

/** Decides what a dialler may do, before it has proved anything: must be cheap. @throws LinkError to refuse it */
export type Grant = (hello: Hello) => RoomGrant[] | Promise<RoomGrant[]>

/** Looks at an acceptor that has proved itself, while we have not. @throws LinkError to leave without a trace */
export type Judge = (peer: Peer) => void | Promise<void>

/** Links as the dialler. @throws LinkError when the other end is not what it should be; the caller closes the transport */
export async function greetAsDialler(
  reader: FrameReader,
  self: Self,
  { wanted, judge }: { wanted: RoomGrant[]; judge?: Judge },
): Promise<Peer> {
  const { exporter, verified } = reader.transport
  const mine = encodeFrame(makeHello(self, exporter === undefined ? 'none' : 'exporter', wanted))
  const sentAt = performance.now()
  reader.transport.send(mine)
  const theirText = await reader.next(stepTimeoutMs)
  const latencyMs = performance.now() - sentAt
  const hello = expect(theirText, 'hello')
  checkChoice(hello, self)
  if (hello.binding === 'none' && !verified) {
    throw new LinkError(
      closeCodes.proof,
      'TLS ends before the other program and its certificate is not verified: set ca or pin',
    )
  }
  const transcript = {
    dialler: mine,
    acceptor: theirText,
    exporter: hello.binding === 'exporter' ? exporter : undefined,
  }
  const secrets = secretsFor(self, { dialler: self.identity.id, acceptor: hello.id })
  const proof = expect(await reader.next(stepTimeoutMs), 'proof')
  const { used, isTheirFirst } = provenBy(secrets, { side: 'acceptor', id: hello.id, transcript, proof })
  const secret = used.name === 'current' && !isTheirFirst ? 'outdated' : used.name
  const peer = peerOf(hello, { rooms: hello.rooms, clockOffMs: hello.clock - self.now(), latencyMs, secret })
  await judge?.(peer)
  // By the one that the acceptor has, too: it need not know of further ones.
  reader.transport.send(encodeFrame(makeProof('dialler', self, [used.key], transcript)))
  return peer
}

/**
 * Waits for what an acceptor says first on a live link, or that it refuses: it has seen our proof only now. The frame is left
 * to the link; without rooms in common there may be none. @throws LinkError
 */
export async function hearAcceptor(reader: FrameReader): Promise<void> {
  const text = await reader.peek(firstWordMs).catch((error: unknown) => {
    if (error instanceof LinkError && error.code === closeCodes.dead) return undefined
    throw error
  })
  const frame = text === undefined ? undefined : decodeFrame(text)
  if (frame?.t === 'bye') throw refusalIn(frame)
}

/** Links as the acceptor. @throws LinkError as above; a wrong proof is answered after a delay */
export async function greetAsAcceptor(reader: FrameReader, self: Self, grant: Grant): Promise<Peer> {
  const { exporter } = reader.transport
  const theirText = await reader.next(stepTimeoutMs)
  const hello = expect(theirText, 'hello')
  const clockOffMs = hello.clock - self.now()
  const version = chooseVersion(hello, self)
  if (hello.id === self.identity.id)
    throw new LinkError(closeCodes.replaced, hello.boot === self.boot ? ownSelf : twins)
  if (exporter !== undefined && hello.binding !== 'exporter') {
    throw new LinkError(closeCodes.proof, 'does not bind its proof to TLS: somebody may stand between')
  }
  const rooms = await grant(hello)
  const answer = makeHello(self, exporter === undefined ? 'none' : 'exporter', rooms)
  const mine = encodeFrame({ ...answer, versions: [version] })
  const transcript: Transcript = { dialler: theirText, acceptor: mine, exporter }
  const secrets = secretsFor(self, { dialler: hello.id, acceptor: self.identity.id })
  const keys = secrets.map(({ key }) => key)
  const sentAt = performance.now()
  reader.transport.send(mine)
  reader.transport.send(encodeFrame(makeProof('acceptor', self, keys, transcript)))
  const proof = expect(await reader.next(stepTimeoutMs), 'proof')
  const latencyMs = performance.now() - sentAt
  try {
    const { used } = provenBy(secrets, { side: 'dialler', id: hello.id, transcript, proof })
    return peerOf(hello, { rooms, clockOffMs, latencyMs, secret: used.name })
  } catch (error) {
    await new Promise(resolve => setTimeout(resolve, refusalDelayMs))
    throw error
  }
}

/** @throws LinkError when no version is in common */
function chooseVersion({ name, versions: theirs }: Hello, self: Self): number {
  const { versions = spokenVersions } = self
  const version = commonVersion(versions, theirs)
  if (version !== undefined) return version
  throw new LinkError(closeCodes.protocol, versionFault({ name, versions: theirs }, { name: self.name, versions }))
}

/** @throws LinkError when the acceptor has chosen a version that was not offered */
function checkChoice({ name, versions: chosen }: Hello, self: Self): void {
  const { versions = spokenVersions } = self
  if (chosen.length === 1 && commonVersion(versions, chosen) !== undefined) return
  throw new LinkError(closeCodes.protocol, versionFault({ name, versions: chosen }, { name: self.name, versions }))
}

/** A secret that we accept, for this pair of servers. */
interface LinkKey extends AcceptedSecret {
  key: Buffer
}

function secretsFor(self: Self, { dialler, acceptor }: { dialler: string; acceptor: string }): LinkKey[] {
  return acceptedSecrets(self, self.now()).map(one => ({ ...one, key: linkKey(one.secret, dialler, acceptor) }))
}

/** The secret by which the other end has proved itself. @throws LinkError when there is none */
function provenBy(secrets: readonly LinkKey[], check: Omit<ProofCheck, 'keys'>) {
  const verdict = checkProof({ ...check, keys: secrets.map(({ key }) => key) })
  if ('fault' in verdict) throw new LinkError(closeCodes.proof, verdict.fault)
  const used = secrets[verdict.key]
  if (used === undefined) throw new TypeError('a key that nobody gave')
  return { used, isTheirFirst: verdict.mac === 0 }
}

function refusalIn({ code, reason, retryAfterMs }: FrameOf<'bye'>): LinkError {
  return new LinkError(code, reason, { retryAfterMs })
}

function expect<T extends FrameName>(text: string, name: T): FrameOf<T> {
  const frame = decodeFrame(text)
  if (frame?.t === 'bye') throw refusalIn(frame)
  if (frame?.t !== name) throw new LinkError(closeCodes.protocol, `expected "${name}" while linking`)
  return frame as FrameOf<T>
}

function peerOf(hello: Hello, found: Pick<Peer, 'rooms' | 'clockOffMs' | 'latencyMs' | 'secret'>): Peer {
  const { id, role, boot, limits } = hello
  const { windowBytes, wanBytesPerDay } = limits
  const name = plainName(hello.name) || id.slice(0, idCharactersShown)
  const software = plainName(hello.software)
  return { id, name, role, software, boot, windowBytes, wanBytesPerDay, ...found }
}
