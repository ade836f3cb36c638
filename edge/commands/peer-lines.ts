// How `meshcore-room status` shows links and certificates: what somebody needs who was woken up for it, first.
import { soonDays } from '#common/certificate-facts.ts'
import { type CertificateStatus, isUp, type PeerRoomStatus, type PeerStatus } from '#common/status.ts'
import { durationWords, sizeWords } from '#common/words.ts'

/** `link   City B (edge) connected since …`: one line; a link that stands by or is up does not show why it once was not. */
export function peerLine(peer: PeerStatus): string {
  const { name, role, state, since, lastError, lastErrorAt, rooms } = peer
  const isLinked = isUp(peer)
  const facts = [
    `link   ${name} (${role}) ${state} since ${toSeconds(since)}`,
    latency(peer),
    ...(state === 'standby' ? [] : [toSend(peer)]),
    ...(isLinked && rooms.length === 0 ? ['NO ROOM IN COMMON'] : []),
    ...(isLinked ? rooms.flatMap(room => oneWayWords(room) ?? []) : []),
    ...(isLinked ? [`${sizeWords(peer.bytesIn)} in, ${sizeWords(peer.bytesOut)} out`] : []),
    certificate('its certificate', peer.certificate),
    ...(isLinked ? [oldSecret(peer)] : []),
  ]
  const when = lastErrorAt ? ` (${toSeconds(lastErrorAt)})` : ''
  const why = lastError ?? (peer.direction === 'in' ? 'it dials us' : null)
  const fault = isLinked || why === null ? '' : `: ${why}${when}`
  return `${facts.filter(fact => fact !== '').join(', ')}${fault}`
}

/** What a link does not do for a room; undefined when it goes both ways. */
export function oneWayWords({ room, sends = true, receives = true }: PeerRoomStatus): string | undefined {
  if (sends && receives) return undefined
  if (!sends && !receives) return `room "${room}" is not served`
  return sends ? `room "${room}" may be written only` : `room "${room}" may be read only, our posts are kept`
}

/** Of this server: shown only when something must be done. */
export function ownCertificateLines(own: CertificateStatus | undefined): string[] {
  const end = certificate('the certificate of this server', own)
  return end === '' ? [] : [`expiry ${end}: meshcore-room keygen --force makes a new one`]
}

function oldSecret({ secret }: PeerStatus): string {
  if (secret === 'previous') return 'USES THE PREVIOUS SECRET'
  return secret === 'outdated' ? 'HAS A NEWER SECRET' : ''
}

function latency({ latencyMs, latency: usual }: PeerStatus): string {
  if (latencyMs === null) return ''
  return `latency ${latencyMs} ms${usual ? ` (median ${usual.medianMs}, p90 ${usual.p90Ms})` : ''}`
}

function toSend({ rooms }: PeerStatus): string {
  // Not known until there was a link.
  if (rooms.every(room => room.toSend === null)) return ''
  const posts = rooms.reduce((sum, room) => sum + (room.toSend ?? 0), 0)
  const lag = Math.max(0, ...rooms.map(room => room.lagSeconds ?? 0))
  return `${posts} to send${lag > 0 ? `, the oldest for ${durationWords(lag * 1000)}` : ''}`
}

function certificate(what: string, facts: CertificateStatus | null | undefined): string {
  if (!facts || facts.daysLeft >= soonDays) return ''
  return facts.daysLeft < 0
    ? `${what} has ended (${facts.validTo.slice(0, 10)})`
    : `${what} ends in ${facts.daysLeft} days`
}

function toSeconds(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z')
}
