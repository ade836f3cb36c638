// A dialler that goes on with its proof whatever the other end has proved, as no server of ours does.
import { identityFromPem, newIdentityPem } from '#common/identity.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import type { Hello } from '#common/protocol/frames.ts'
import { linkKey, makeHello, makeProof, type Self } from '#common/protocol/handshake.ts'
import type { FrameReader } from '#common/transport/frame-reader.ts'
import { testRoom, testSecret } from './programs.ts'
import { openRawSocket } from './raw-link.ts'

const stepTimeoutMs = 30_000

/** A new server, for one handshake. */
export function newSelf(changes: Partial<Self> = {}): Self {
  const identity = identityFromPem(newIdentityPem())
  return {
    identity,
    name: 'raw',
    role: 'edge',
    software: 'test',
    boot: 'b',
    secret: testSecret,
    now: Date.now,
    ...changes,
  }
}

export function helloOf(self: Self, changes: Partial<Hello> = {}): Hello {
  return { ...makeHello(self, 'exporter', [{ room: testRoom, read: true, write: true }]), ...changes }
}

export interface Proved {
  reader: FrameReader
  /** What the other end said of itself. */
  hello: Hello
}

/** Sends hello and proof on a new connection; what comes then is in `reader`. */
export async function proveAnyway({ port, self = newSelf() }: { port: number; self?: Self }): Promise<Proved> {
  const { ws, reader } = await openRawSocket(port)
  const dialler = encodeFrame(helloOf(self))
  ws.send(dialler)
  const acceptor = await reader.next(stepTimeoutMs)
  const hello = decodeFrame(acceptor)
  if (hello?.t !== 'hello') throw new Error(`no hello but ${acceptor}`)
  await reader.next(stepTimeoutMs)
  const transcript = { dialler, acceptor, exporter: reader.transport.exporter }
  ws.send(encodeFrame(makeProof('dialler', self, [linkKey(self.secret, self.identity.id, hello.id)], transcript)))
  return { reader, hello }
}
