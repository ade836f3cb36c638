// The links to other servers in a short line, for admins.
import { postsToSend } from '#common/room-status.ts'
import type { PeerStatus } from '#common/status.ts'

export function linksLine(peers: readonly PeerStatus[]): string {
  const names = peers.map(({ name }) => name).join(', ')
  return peers.length === 0 ? 'no link' : `linked with ${names}; ${postsToSend(peers)} posts to send`
}
