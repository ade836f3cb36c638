// Who gets a post that is written in a room now, as a sentence for whoever writes it.
import type { City, Session } from '#common/network.ts'
import { ownOf } from '../server/own-of.ts'

export interface Audience {
  /** Cities of the room that are linked, those of them that have it on the air, and those that are not linked. */
  linked: readonly City[]
  onAir: readonly City[]
  away: readonly City[]
  /** Linked hubs and others that are not: an edge knows no more of who is behind them. */
  hubs: readonly City[]
  awayHubs: readonly City[]
}

const namesMax = 3

export function audienceOf(cities: readonly City[], room: string): Audience {
  const hubs = cities.filter(({ role }) => role === 'hub')
  const inRoom = cities.filter(city => city.role === 'edge' && isIn(city, room))
  const linked = inRoom.filter(({ connected }) => connected)
  return {
    linked,
    onAir: linked.filter(city => isOnAir(city, room)),
    away: inRoom.filter(({ connected }) => !connected),
    hubs: hubs.filter(({ connected }) => connected),
    awayHubs: hubs.filter(({ connected }) => !connected),
  }
}

/** `isWarning`: somebody gets it later than the writer may expect. */
export function audienceWords(
  audience: Audience,
  role: Session['server']['role'],
): { text: string; isWarning: boolean } {
  return role === 'hub' ? wordsOfHub(audience) : wordsOfEdge(audience)
}

function wordsOfHub({ linked, onAir, away }: Audience): { text: string; isWarning: boolean } {
  if (linked.length + away.length === 0) {
    return { text: 'No city has this room: the post is stored here, and goes to each that comes.', isWarning: true }
  }
  const now =
    linked.length === 0 ? 'No city is linked' : `Goes to ${namesOf(linked)}, ${airWords(linked.length, onAir.length)}`
  if (away.length === 0) return { text: `${now}.`, isWarning: false }
  return { text: `${now}. ${awayWords(away)}`, isWarning: true }
}

function wordsOfEdge({ linked, away, hubs, awayHubs }: Audience): { text: string; isWarning: boolean } {
  const others = [...linked, ...away]
  if (hubs.length + awayHubs.length + others.length === 0) {
    return { text: 'For this city alone: it has neither a hub nor direct links.', isWarning: false }
  }
  if (hubs.length > 0)
    return { text: 'For this city, and by the hub for all other cities of the room.', isWarning: false }
  const hub = awayHubs.length > 0 ? 'The hub is away: ' : ''
  if (linked.length > 0)
    return { text: `${hub}${hub ? 'it' : 'It'} goes to ${namesOf(linked)} directly.`, isWarning: hub !== '' }
  return {
    text: `${hub || 'No other city is linked: '}it is for this city now, for others when they are back.`,
    isWarning: true,
  }
}

function airWords(linked: number, onAir: number): string {
  if (onAir === 0) return 'not on the air'
  if (onAir < linked) return `${onAir} of them on the air`
  return linked === 1 ? 'on the air there' : 'all on the air'
}

function awayWords(away: readonly City[]): string {
  return `${namesOf(away)} ${away.length === 1 ? 'is away and gets it when it is back.' : 'are away and get it when they are back.'}`
}

/** "Aspen, Boulder and Denver", or "Aspen, Boulder, Denver and 4 more". */
function namesOf(cities: readonly City[]): string {
  const names = cities.slice(0, namesMax).map(({ name }) => name)
  if (cities.length > namesMax) return `${names.join(', ')} and ${cities.length - namesMax} more`
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** A city of an older version tells nothing of its rooms: what it may read counts then. */
function isIn({ standing, rooms, rights, reportedAt }: City, room: string): boolean {
  if (standing === 'revoked' || standing === 'pending') return false
  if (reportedAt !== null) return rooms.some(one => one.room === room)
  return (ownOf(rights, room) ?? rights['*'])?.read ?? false
}

function isOnAir({ self, rooms }: City, room: string): boolean {
  return self?.radio?.state === 'ready' && rooms.some(one => one.room === room && one.rf === true)
}
