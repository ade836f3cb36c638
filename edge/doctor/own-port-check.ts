// Does the running server take in peers on federation_port, with the certificate of the config?
import { certificateFacts } from '#common/certificate-facts.ts'
import { peerUrl } from '#common/config/conf-values.ts'
import type { FederationConf } from '#common/config/edge-conf.ts'
import { loopbackOf } from '#common/loopback.ts'
import type { Self } from '#common/protocol/handshake.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import { within } from './deadline.ts'
import { type Finding, type Said, sayer } from './finding.ts'
import { leave, proved } from './link-check.ts'
import type { Network } from './network.ts'
import type { Target } from './targets.ts'

const visitMs = 8000
const restart = 'was the config changed? Then: systemctl restart meshcore-room'

export interface OwnPortParts {
  /** With an identity that nobody knows: our own would be refused, with a loud line in the log. */
  stranger: Self
  /** Of the running server. */
  id: string
  network: Network
  signal: AbortSignal
}

export async function ownPortFindings(federation: FederationConf, parts: OwnPortParts): Promise<Finding[]> {
  const { listen, tls, peers } = federation
  if (tls === undefined) return []
  const say = sayer('ports', `own port ${listen.port} for peers: `)
  const [host, port] = [loopbackOf(listen.host), listen.port]
  try {
    await parts.network.connect(host, port)
  } catch {
    // Without peers in the config nobody need come this way.
    const tell = peers.length > 0 ? say.fault : say.warn
    return [tell('the running server does not listen on it', restart)]
  }
  const url = peerUrl({ host, port })
  const target: Target = { kind: 'peer', label: 'itself', key: 'federation_port', host, port, url }
  try {
    return await within(visitMs, parts.signal, () => look(target, { ...parts, federation, say }))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [say.fault(`does not let a server in: ${reason}`, restart)]
  }
}

async function look(
  target: Target,
  { federation, stranger, id, network, say }: OwnPortParts & { federation: FederationConf; say: Said },
): Promise<Finding[]> {
  const { certificate, peerId } = federation.acceptUnknownPeers
    ? await proof(target, stranger, network)
    : await faceOnly(target, network)
  if (peerId !== undefined && peerId !== id)
    return [say.fault('another server has it', `ss -ltnp "sport = :${target.port}"`)]
  const ours = federation.tls && certificateFacts(federation.tls.cert).pin
  if (certificate !== undefined && certificateFacts(certificate).pin !== ours)
    return [say.warn('shows another certificate than tls_cert', 'systemctl restart meshcore-room')]
  return [say.ok('takes in peers; whether others reach it from outside, only they can tell')]
}

async function proof(target: Target, self: Self, { open }: Network) {
  const { peer, certificate } = await proved(target, { self, rooms: [], open })
  return { certificate, peerId: peer.id }
}

/** Strangers are refused there before they have seen a proof. */
async function faceOnly(target: Target, { open }: Network) {
  const transport = await open(target)
  await leave(new FrameReader(transport))
  return { certificate: transport.certificate, peerId: undefined }
}
