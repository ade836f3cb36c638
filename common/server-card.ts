// A server's card: the name it shows and the radio keys it sends with, signed by itself; and which of two cards counts.
import { z } from 'zod'
import { type Identity, signBytes, verifyBytesAsync } from './identity.ts'
import { fromJson } from './json.ts'
import { idSchema, roomSchema } from './post.ts'

export const cardNameBytesMax = 64
/** An edge has at most 64 rooms on the air; the rest is for companion radios. */
export const gatewaysMax = 96
/** Unix ms, 2100-01-01. A limit that needs no clock: above it no server could renew its card. */
export const latestCardAt = 4_102_444_800_000

/** Control characters, line and paragraph separators, and what turns the direction of the text around it (UAX #9). */
const steeringPattern = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const allSteering = new RegExp(steeringPattern, 'gu')

export const serverCardSchema = z.object({
  /** Public key of the server, as the `origin` of its posts. */
  id: idSchema,
  name: z.string().superRefine((name, context) => {
    const reason = nameFault(name)
    if (reason !== undefined) context.addIssue({ code: 'custom', message: reason })
  }),
  /** Public keys of the radio identities by which it sends on the air. */
  gateways: z
    .array(z.string().regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex'))
    .max(gatewaysMax)
    .refine(keys => new Set(keys).size === keys.length, 'must name each key once'),
  /** Unix ms; of two cards of one server the later one counts. */
  at: z.int().min(0).max(latestCardAt),
  sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/, 'must be an Ed25519 signature: 64 bytes in base64url'),
})
export type ServerCard = z.infer<typeof serverCardSchema>
export type UnsignedCard = Omit<ServerCard, 'sig'>

/** A checked card as a server knows it. */
export interface KnownCard {
  readonly card: ServerCard
  /** Rooms in which it was heard of, sorted: not signed, said by the other end of each link. */
  readonly rooms: readonly string[]
  /** Id of the server it came in from: its own, or who passed it on first. */
  readonly from: string
}

const knownCardSchema = z.object({ card: serverCardSchema, rooms: z.array(roomSchema), from: idSchema })

/** The bytes that are signed: as of a post, the UTF-8 of a JSON array written by JSON.stringify (common/README.md). */
export function cardBytes({ id, name, gateways, at }: UnsignedCard): Buffer {
  return Buffer.from(JSON.stringify(['mcfed/1/card', id, name, at, gateways]))
}

/** `identity` must be that of `card.id`. */
export function signCard(card: UnsignedCard, identity: Identity): ServerCard {
  return { ...card, sig: signBytes(identity, cardBytes(card)) }
}

/** True when the card was signed by the server it names. Runs on the thread pool. */
export function verifyCard(card: ServerCard): Promise<boolean> {
  return verifyBytesAsync(card.id, cardBytes(card), card.sig)
}

/** True when `card` takes the place of `known`, of the same server. A total order, so that all end with the same one. */
export function isNewer(card: ServerCard, known: ServerCard): boolean {
  return card.at === known.at ? card.sig > known.sig : card.at > known.at
}

/**
 * What is known after both, whichever came first: the newer card, with the rooms it was heard of in. `known` itself when
 * `heard` adds nothing. An older card says nothing of rooms: the server may have left them.
 */
export function joinCards(known: KnownCard, heard: KnownCard): KnownCard {
  const isFromItself = [known, heard].some(({ card, from }) => card.id === from)
  const from = isFromItself ? known.card.id : known.from
  if (isNewer(heard.card, known.card)) return { ...heard, from }
  if (heard.card.sig !== known.card.sig) return known
  const rooms = [...new Set([...known.rooms, ...heard.rooms])].sort()
  return rooms.length === known.rooms.length && from === known.from ? known : { card: known.card, rooms, from }
}

export function encodeKnownCard({ card, rooms, from }: KnownCard): string {
  return JSON.stringify({ card, rooms, from })
}

/** What encodeKnownCard() made; undefined when it is something else, or damaged. The signature is not looked at. */
export function decodeKnownCard(text: string): KnownCard | undefined {
  return fromJson(knownCardSchema, text)
}

/** A server's name as its card can show it: without what steers a terminal, within the limit. */
export function cardName(name: string): string {
  const clean = name.toWellFormed().replaceAll(allSteering, '').trim()
  let fits = ''
  for (const character of clean) {
    if (Buffer.byteLength(fits + character) > cardNameBytesMax) break
    fits += character
  }
  return fits.trim() || 'server'
}

function nameFault(name: string): string | undefined {
  if (name.trim() === '') return 'must not be empty'
  if (!name.isWellFormed()) return 'is not valid Unicode (a lone surrogate)'
  if (steeringPattern.test(name)) return 'must not contain characters that steer the text around them'
  const bytes = Buffer.byteLength(name)
  return bytes > cardNameBytesMax ? `is ${bytes} bytes in UTF-8; the limit is ${cardNameBytesMax}` : undefined
}
