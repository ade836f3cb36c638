// One life of a link that we dial: connection, handshake, link, until it ends or we stop.
import { LinkError } from '#common/errors.ts'
import { closeCodes, type LinkEnd, linkEnd } from '#common/protocol/close-codes.ts'
import { encodeFrame } from '#common/protocol/codec.ts'
import type { RoomGrant } from '#common/protocol/frames.ts'
import { greetAsDialler, hearAcceptor, type Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { Link } from '#common/protocol/link.ts'
import { type DialOptions, dial } from '#common/transport/dial.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'

export const stopping = 'the room server stops'

export interface Dialling {
  target: Omit<DialOptions, 'signal'>
  self: Self
  wanted: RoomGrant[]
  /** Looks at the acceptor before we prove ourselves. @throws LinkError to leave without a trace */
  judge: (peer: Peer, transport: Transport) => void
  /** There is no link before the acceptor has said something on it: it may refuse whom it knows by the proof. */
  hearsFirst?: boolean
  /** The link of a connection on which both ends are proved. @throws LinkError when there must be none */
  link: (peer: Peer, transport: Transport) => Link | Promise<Link>
  /** Serves the link; resolves when it has ended. */
  live: (link: Link) => Promise<LinkEnd>
}

/** @throws LinkError when no link came about; the connection is closed then. */
export async function dialLink(dialling: Dialling, signal: AbortSignal): Promise<LinkEnd> {
  const transport = await dial({ ...dialling.target, signal })
  const reader = new FrameReader(transport)
  let leave = () => reader.abandon(1001, stopping)
  const onAbort = () => leave()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const { self, wanted } = dialling
    const peer = await greetAsDialler(reader, self, { wanted, judge: found => dialling.judge(found, transport) })
    if (dialling.hearsFirst) await hearAcceptor(reader)
    const link = await dialling.link(peer, transport)
    leave = () => link.close(closeCodes.draining, stopping, 0)
    reader.handOver(link)
    return await dialling.live(link)
  } catch (error) {
    const fault = asLinkError(error)
    // The reason of a close has room for 123 bytes.
    transport.send(encodeFrame({ t: 'bye', code: fault.code, reason: fault.told.slice(0, 512) }))
    transport.close(fault.code, fault.told)
    throw fault
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** How a try ended that came to no link. */
export function failedEnd(error: unknown): LinkEnd {
  const { code, message, retryAfterMs } = asLinkError(error)
  return linkEnd(code, message, retryAfterMs)
}

function asLinkError(error: unknown): LinkError {
  return error instanceof LinkError ? error : new LinkError(1011, String(error))
}
