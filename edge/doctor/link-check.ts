// Speaks with a hub or peer up to its proof, and leaves before ours: it never takes the place of a live link.
import type { X509Certificate } from 'node:crypto'
import { certificateFacts, daysLeft, soonDays } from '#common/certificate-facts.ts'
import { LinkError } from '#common/errors.ts'
import { encodeFrame } from '#common/protocol/codec.ts'
import type { RoomGrant } from '#common/protocol/frames.ts'
import { greetAsDialler, type Peer } from '#common/protocol/greet.ts'
import type { Self } from '#common/protocol/handshake.ts'
import type { LinkSecret } from '#common/protocol/secrets.ts'
import { FrameReader } from '#common/transport/frame-reader.ts'
import type { Transport } from '#common/transport/transport.ts'
import type { OtherClock } from './clock-check.ts'
import type { Finding, Said } from './finding.ts'
import type { Target } from './targets.ts'

export interface VisitParts {
  self: Self
  rooms: readonly string[]
  open: (target: Target) => Promise<Transport>
}

/** What a server that has proved the secret says of itself. */
export interface Visited {
  clocks: OtherClock[]
  findings: Finding[]
}

export interface Proved {
  peer: Peer
  certificate: X509Certificate | undefined
}

const leaveMs = 500
/** Stands in the log of the other end. */
const goodbye = 'only a look by meshcore-room doctor; nothing is wrong'

/** @throws LinkError when it does not prove the secret */
export async function visit(target: Target, say: Said, parts: VisitParts): Promise<Visited> {
  const { peer, certificate } = await proved(target, parts)
  const clocks = [{ name: peer.name, offMs: peer.clockOffMs }]
  return { clocks, findings: [...who(peer, target, say), ...rights(peer, say), ...ending(certificate, peer, say)] }
}

/** The other end once it has proved itself, and what it has shown. @throws LinkError when it does not */
export async function proved(target: Target, { self, rooms, open }: VisitParts): Promise<Proved> {
  const transport = await open(target)
  const reader = new FrameReader(transport)
  const wanted: RoomGrant[] = rooms.map(room => ({ room, read: true, write: true }))
  let seen: Peer | undefined
  const judge = (peer: Peer) => {
    seen = peer
    throw new LinkError(1000, goodbye)
  }
  try {
    await greetAsDialler(reader, self, { wanted, judge })
  } catch (error) {
    if (seen === undefined) throw error
    transport.send(encodeFrame({ t: 'bye', code: 1000, reason: goodbye }))
  } finally {
    await leave(reader)
  }
  if (seen === undefined) throw new TypeError('nobody was judged')
  return { peer: seen, certificate: transport.certificate }
}

/** Closes a connection on which we prove nothing, and sees to it that the other end has heard why. */
export async function leave(reader: FrameReader): Promise<void> {
  reader.transport.close(1000, goodbye)
  await reader.next(leaveMs).catch(() => {})
}

function who({ id, name, role, software, latencyMs, secret }: Peer, target: Target, say: Said): Finding[] {
  if (target.id !== undefined && target.id !== id) {
    const text = `the server there has another id than the config says: ${id} ("${name}")`
    return [say.fault(text, `ask who runs it whether it has a new identity.pem; then write that id at ${target.key}`)]
  }
  if (target.kind === 'hub' && role !== 'hub') {
    const text = `the server there is no hub but the room server "${name}"`
    return [say.fault(text, `give it as addr of a [[federation.peers]], or mend the ${target.key}`)]
  }
  const ms = Math.max(1, Math.round(latencyMs))
  const proof = say.ok(`"${name}" (${software}) proves the federation secret, latency ${ms} ms`)
  return [proof, ...oldSecretFindings(name, secret, say)]
}

/** While the federation changes its secret; of a link that is up, or could be. */
export function oldSecretFindings(name: string, secret: LinkSecret | undefined, say: Said): Finding[] {
  if (secret === 'previous') {
    const advice = `tell who runs "${name}" the new federation_secret, before federation_secret_previous ends here`
    return [say.warn(`"${name}" has the previous federation secret only`, advice)]
  }
  if (secret !== 'outdated') return []
  const advice = `ask who runs "${name}" for the new one; write it as federation_secret here, then: systemctl restart meshcore-room`
  return [say.warn(`"${name}" has a newer federation secret, and will end this one`, advice)]
}

function rights({ name, rooms }: Peer, say: Said): Finding[] {
  return rooms.flatMap(({ room, read, write, reason }) => {
    if (read && write) return []
    const what = read ? 'may not be written' : write ? 'may not be read' : 'is not granted'
    const why = reason === undefined ? '' : `: ${reason}`
    return [say.warn(`room "${room}" ${what} at "${name}"${why}`, `ask who runs "${name}"; is federate_as right?`)]
  })
}

/** Its date keeps no peer out, but a hub whose certificate has ended is refused by all. */
function ending(certificate: X509Certificate | undefined, { name }: Peer, say: Said): Finding[] {
  if (certificate === undefined) return []
  const facts = certificateFacts(certificate)
  const days = daysLeft(facts, Date.now())
  if (days >= soonDays) return []
  const end = days < 0 ? 'has ended on' : 'ends on'
  return [say.warn(`its certificate ${end} ${facts.validTo.slice(0, 10)}`, `tell who runs "${name}" to make a new one`)]
}
