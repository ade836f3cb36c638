// How `federation-hub spokes` shows a spoke: one line, its state first, its own words last.
import { durationWords } from '#common/words.ts'
import { anyRoom, type RoomRight } from '../rights/rights.ts'
import type { ListedSpoke } from '../rights/spoke-list.ts'

/** `approved  linked      <id>  "City A"  all rooms  192.0.2.1:40112 at 3f2a…, meshcore-room/0.1.0`; `now`: Unix ms. */
export function spokeLine(spoke: ListedSpoke, now: number): string {
  const { id, name, state, why, rooms, address, instance, software, cloned } = spoke
  const place = address === '' ? '' : `${address} at ${instance}, ${software}`
  const facts = [
    state.padEnd(8),
    seen(spoke, now).padEnd(16),
    id,
    `"${name}"`,
    roomWords(rooms),
    ...(place === '' ? [] : [place]),
    ...(why === undefined ? [] : [`revoked because: ${why}`]),
    ...(cloned === undefined
      ? []
      : [`IDENTITY IN USE AT ${cloned.addresses.join(' AND AT ')}: ${ago(now - cloned.at)}`]),
  ]
  return facts.join('  ')
}

function seen({ connected, lastSeenAt }: ListedSpoke, now: number): string {
  if (connected) return 'linked'
  return lastSeenAt === null ? 'not seen' : ago(now - lastSeenAt)
}

/** What is usual is said shortly. */
function roomWords({ [anyRoom]: others, ...named }: Record<string, RoomRight>): string {
  const rooms = Object.entries(named).map(([room, right]) => `${room}: ${words(right)}`)
  const rest = rooms.length === 0 ? 'all rooms' : 'others'
  return [...rooms, `${rest}: ${words(others ?? { read: true, write: true })}`].join(', ')
}

function words({ read, write }: RoomRight): string {
  if (read && write) return 'read,write'
  return read ? 'read' : write ? 'write' : 'none'
}

function ago(ms: number): string {
  return `${durationWords(ms)} ago`
}
