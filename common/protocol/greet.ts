// The order of a handshake: hello, hello and proof, proof. After it both ends are known; before it nothing else is read.
import { LinkError } from '../errors.ts'
import type { FrameReader } from '../transport/frame-reader.ts'
import { closeCodes } from './close-codes.ts'
import { decodeFrame, encodeFrame } from './codec.ts'
import type { FrameName, FrameOf, Hello, RoomGrant } from './frames.ts'
import { linkKey, makeHello, makeProof, proofFault, protocolVersion, type Self, type Transcript } from './handshake.ts'

const stepTimeoutMs = 10_000
const firstWordMs = 5000
/** Guessing the secret costs at least this much per try. */
const refusalDelayMs = 1000

/** Why a server is refused that has dialled itself, or has our key. */
export const ownSelf = 'is this server itself'
const twins = 'has our own identity: two servers share one key file'

/** The proved other end of a link. */
export interface Peer {
  id: string
  name: string
  role: 'hub' | 'edge'
  software: string
  boot: string
  /** What the acceptor granted: `read` the acceptor's log, `write` into it. */
  rooms: RoomGrant[]
  /** The other end's clock minus ours in ms, and the round trip of the handshake. */
  clockOffMs: number
  latencyMs: number
  windowBytes: number
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
  if (hello.versions[0] !== protocolVersion)
    throw new LinkError(closeCodes.protocol, `speaks version ${hello.versions[0]} only`)
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
  const key = linkKey(self.secret, self.identity.id, hello.id)
  const proof = expect(await reader.next(stepTimeoutMs), 'proof')
  const fault = proofFault({ side: 'acceptor', id: hello.id, key, transcript, proof })
  if (fault !== undefined) throw new LinkError(closeCodes.proof, fault)
  const peer = peerOf(hello, { rooms: hello.rooms, clockOffMs: hello.clock - self.now(), latencyMs })
  await judge?.(peer)
  reader.transport.send(encodeFrame(makeProof('dialler', self, key, transcript)))
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
  if (frame?.t === 'bye') throw new LinkError(frame.code, frame.reason)
}

/** Links as the acceptor. @throws LinkError as above; a wrong proof is answered after a delay */
export async function greetAsAcceptor(reader: FrameReader, self: Self, grant: Grant): Promise<Peer> {
  const { exporter } = reader.transport
  const theirText = await reader.next(stepTimeoutMs)
  const hello = expect(theirText, 'hello')
  const clockOffMs = hello.clock - self.now()
  if (!hello.versions.includes(protocolVersion)) {
    throw new LinkError(closeCodes.protocol, `speaks versions ${hello.versions.join(', ')}, not ${protocolVersion}`)
  }
  if (hello.id === self.identity.id)
    throw new LinkError(closeCodes.replaced, hello.boot === self.boot ? ownSelf : twins)
  if (exporter !== undefined && hello.binding !== 'exporter') {
    throw new LinkError(closeCodes.proof, 'does not bind its proof to TLS: somebody may stand between')
  }
  const rooms = await grant(hello)
  const mine = encodeFrame(makeHello(self, exporter === undefined ? 'none' : 'exporter', rooms))
  const transcript: Transcript = { dialler: theirText, acceptor: mine, exporter }
  const key = linkKey(self.secret, hello.id, self.identity.id)
  const sentAt = performance.now()
  reader.transport.send(mine)
  reader.transport.send(encodeFrame(makeProof('acceptor', self, key, transcript)))
  const proof = expect(await reader.next(stepTimeoutMs), 'proof')
  const latencyMs = performance.now() - sentAt
  const fault = proofFault({ side: 'dialler', id: hello.id, key, transcript, proof })
  if (fault !== undefined) {
    await new Promise(resolve => setTimeout(resolve, refusalDelayMs))
    throw new LinkError(closeCodes.proof, fault)
  }
  return peerOf(hello, { rooms, clockOffMs, latencyMs })
}

function expect<T extends FrameName>(text: string, name: T): FrameOf<T> {
  const frame = decodeFrame(text)
  if (frame?.t === 'bye') throw new LinkError(frame.code, frame.reason)
  if (frame?.t !== name) throw new LinkError(closeCodes.protocol, `expected "${name}" while linking`)
  return frame as FrameOf<T>
}

function peerOf(hello: Hello, found: Pick<Peer, 'rooms' | 'clockOffMs' | 'latencyMs'>): Peer {
  const { id, name, role, software, boot, limits } = hello
  return { id, name, role, software, boot, windowBytes: limits.windowBytes, ...found }
}
