// What an operator reads about a store of several parts: is it ready, and what of it is away.

export interface PartState {
  /** Why its posts cannot be stored; empty while they can. */
  reason: string
  /** The node that has it, or had it last; empty where there is only one server, or none was found yet. */
  place: string
  /** The rooms this instance has open in it. */
  rooms: readonly string[]
}

export interface StoreState {
  /** Posts can be stored, if only in some of the rooms. */
  ready: boolean
  /** Empty when all is well. */
  reason: string
  /** Changes when something worth a line in the log has changed. */
  away: string
}

const roomsNamed = 5

export function stateOfParts(parts: readonly PartState[]): StoreState {
  const away = parts.filter(({ reason }) => reason !== '')
  if (away.length === 0) return { ready: true, reason: '', away: '' }
  const places = [...new Set(away.map(({ place }) => place))].sort()
  if (away.length === parts.length) return { ready: false, reason: away[0]?.reason ?? '', away: 'all' }
  const ofPlace = (place: string) => away.filter(part => part.place === place)
  const reason = places.map(place => placeReason(place, ofPlace(place), parts.length)).join('; ')
  return { ready: true, reason, away: places.join() }
}

function placeReason(place: string, parts: readonly PartState[], all: number): string {
  const rooms = parts.flatMap(part => part.rooms).sort()
  const named = rooms.slice(0, roomsNamed).join(', ')
  const more = rooms.length > roomsNamed ? ` and ${rooms.length - roomsNamed} more` : ''
  const waiting = rooms.length === 0 ? '' : `, here ${named}${more}`
  const why = (parts[0]?.reason ?? '').replace(/^Redis: /, '')
  const node = place === '' ? 'a node of the cluster' : place
  return `Redis: ${node} is away (${why}): ${parts.length} of ${all} parts of the rooms wait${waiting}`
}
