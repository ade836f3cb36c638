// The links to other servers in a short line, for admins.
import type { PeerStatus } from '#common/status.ts'

export function linksLine(peers: readonly PeerStatus[]): string {
  const toSend = peers.flatMap(({ rooms }) => rooms).reduce((sum, room) => sum + (room.toSend ?? 0), 0)
  const names = peers.map(({ name }) => name).join(', ')
  return peers.length === 0 ? 'no link' : `linked with ${names}; ${toSend} posts to send`
}
