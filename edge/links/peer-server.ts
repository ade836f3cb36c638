// Lets peers in on federation_port: TLS 1.3, the handshake, then the desk.
import type { AddressInfo } from 'node:net'
import type { TlsPair } from '#common/config/conf-rules.ts'
import type { HostPort } from '#common/config/conf-values.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import { linkRoute } from '#common/http/link-route.ts'
import type { Log } from '#common/log.ts'
import { frameBytesMax } from '#common/protocol/frames.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { PeerDesk } from './peer-desk.ts'

const greetingsMax = 64
const greetingsPerAddress = 8
const connectionsMax = 512
/** Of one address, live links included: whoever keeps connections open and says nothing must not shut out everybody else. */
const connectionsPerAddress = 64
/** Each costs a TLS handshake, a few of which fill a second of the smallest Raspberry Pi. A peer that is refused comes 12 times a minute, and some may share an address. */
const newConnectionsPerMinute = 300

export interface PeerServerOptions {
  listen: HostPort
  tls: TlsPair
  self: Self
  desk: PeerDesk
  log: Log
}

export interface PeerServer {
  readonly port: number
  close(): Promise<void>
}

/** @throws Error when the port is in use */
export async function startPeerServer({ listen, tls, self, desk, log }: PeerServerOptions): Promise<PeerServer> {
  const app = await createHttpServer({
    log,
    tls,
    requestCertificate: true,
    frameBytesMax,
    connectionsMax,
    connectionsPerAddress,
    newConnectionsPerMinute,
  })
  const origin = { direction: 'in' } as const
  await linkRoute(app, {
    self,
    log,
    encrypted: true,
    behindProxy: false,
    greetingsMax,
    greetingsPerAddress,
    grant: (hello, shown) => desk.grant(hello, shown),
    serve: async (reader, peer) => {
      const link = await desk.link(peer, reader.transport, origin)
      reader.handOver(link)
      await desk.live(link, origin)
    },
  })
  await app.listen(listen)
  const { port } = app.server.address() as AddressInfo
  log.info(`Peers are let in on ${listen.host}:${port}`)
  return { port, close: () => app.close() }
}
