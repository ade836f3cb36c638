// The contacts of an app: the rooms of this server, and the authors of the rooms in which it is logged in.
import { type AirTextContext, nameWithCity } from '#common/air-text.ts'
import { cutUtf8 } from '#common/utf8.ts'
import { nodeType } from '../radio/adverts.ts'
import type { CompanionReply } from '../radio/companion-replies.ts'
import { noPath } from '../radio/packet.ts'
import type { KnownAuthor } from './app-authors.ts'
import type { AppRoom } from './app-room.ts'

/** What device-info can say, and a list that apps still scroll through. */
export const contactsMax = 510
/** The firmware's. */
const nameBytesMax = 31
/** So much of it is left to the city, when both do not fit. */
const cityBytesMax = 15
/** Rooms are told every time: any second will do. */
const roomModified = 1
const nowhere = { latitude: 0, longitude: 0 }

export type Contact = Omit<Extract<CompanionReply, { kind: 'contact' }>, 'kind'>

/** `now`: Unix seconds. The way to it is direct: there is no air between. */
function roomContact({ publicKey, name, position }: AppRoom, now: number): Contact {
  return {
    ...{ publicKey, type: nodeType.room, flags: 0, path: noPath, name: cutUtf8(name, nameBytesMax) },
    ...{ lastAdvert: now, position: position ?? nowhere, lastModified: roomModified },
  }
}

/** A person whom the app knows by name; nobody can write to him from here. */
export function authorContact(author: KnownAuthor, context: AirTextContext): Contact {
  const { key, seenAt } = author
  const publicKey = Buffer.from(key, 'hex')
  return {
    ...{ publicKey, type: nodeType.chat, flags: 0, path: null, name: contactName(author, context) },
    ...{ lastAdvert: seenAt, position: nowhere, lastModified: seenAt },
  }
}

/** Rooms first, then authors, those who wrote last first; each once, and nobody who is a room or in `hidden`. */
export function contactList(
  rooms: readonly AppRoom[],
  {
    entered,
    hidden,
    now,
    context,
  }: { entered: readonly AppRoom[]; hidden: string; now: number; context: AirTextContext },
): Contact[] {
  const contacts = rooms.map(room => roomContact(room, now))
  const taken = new Set([hidden, ...rooms.map(({ publicKey }) => Buffer.from(publicKey).toString('hex'))])
  const authors = entered
    .flatMap(room => room.authors.all())
    .reverse()
    .sort((a, b) => b.seenAt - a.seenAt)
  for (const author of authors) {
    if (contacts.length >= contactsMax) break
    if (taken.has(author.key)) continue
    taken.add(author.key)
    contacts.push(authorContact(author, context))
  }
  return contacts
}

function contactName({ name, origin }: KnownAuthor, context: AirTextContext): string {
  const whole = nameWithCity({ origin, author: { name } }, context)
  if (Buffer.byteLength(whole) <= nameBytesMax || whole === name) return cutUtf8(whole, nameBytesMax)
  const city = cutUtf8(whole.slice(name.length), Math.max(cityBytesMax, nameBytesMax - Buffer.byteLength(name)))
  return cutUtf8(name, nameBytesMax - Buffer.byteLength(city)) + city
}
