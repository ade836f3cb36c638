// How a post is written on the air: at most 150 bytes a push, and the author in the text where no node can know his key. For browsers, too.
import type { Author, Post } from './post.ts'
import { cutUtf8, utf8Bytes } from './utf8.ts'

/** The firmware's limit for a post (MAX_POST_TEXT_LEN, examples/simple_room_server/MyMesh.h). */
export const airTextBytesMax = 150
/** " (10/10)" at the end of a part; 600 bytes of text in parts of 150 are fewer. */
const partMarkBytes = 8
/** As on cards; a server that shows none may call itself longer, and leave no room for the text. */
const cityBytesMax = 64

export interface AirText {
  /** Whose airtime a push of it is, for people. */
  speaker: string
  /** First bytes of the author's public key, hex; undefined: no node knows him, the room speaks for him. */
  authorPrefix: string | undefined
  /** One push each, in order. */
  parts: string[]
}

export interface AirTextContext {
  /** Id of this server: who posts here by radio is known here by his key. */
  origin: string
  /** Name of the server that a post comes from, where it is known. */
  cityOf: (origin: string) => string | undefined
}

/** Of a post only what the air needs of it: who has yet to send it has no more. */
export type SpokenPost = Pick<Post, 'origin' | 'author' | 'source' | 'text'>

export function airText({ origin, author, source, text }: SpokenPost, context: AirTextContext): AirText {
  const isNeighbour = origin === context.origin && source === 'lora' && author.key !== undefined
  const name = nameWithCity({ origin, author }, context)
  const speaker = speakerOf({ ...author, name })
  if (isNeighbour) return { speaker, authorPrefix: author.key?.slice(0, 8), parts: cutParts('', text) }
  return { speaker, authorPrefix: undefined, parts: cutParts(`${name}: `, text) }
}

/** Where somebody else says it for the author: he is always named. Parts of at most `bytesMax`, which is at least 120. */
export function quotedText(
  post: Post,
  context: AirTextContext,
  bytesMax: number,
): { speaker: string; parts: string[] } {
  const name = nameWithCity(post, context)
  return { speaker: speakerOf({ ...post.author, name }), parts: cutParts(`${name}: `, post.text, bytesMax) }
}

/** `Name@City` where the author is of another city whose name is known. */
export function nameWithCity({ origin, author }: Pick<Post, 'origin' | 'author'>, context: AirTextContext): string {
  const city = origin === context.origin ? undefined : context.cityOf(origin)
  return city === undefined ? author.name : `${author.name}@${cutUtf8(city, cityBytesMax)}`
}

/** Names are for everybody to choose: the begin of the key tells two of one name apart. */
export function speakerOf({ name, key }: Author): string {
  const prefix = key?.slice(0, 8)
  return prefix === undefined || prefix === name ? name : `${name} ${prefix}`
}

/** Each part begins with `head`; several bear their number. Cut between characters, and where there is one at a space. */
export function cutParts(head: string, text: string, bytesMax = airTextBytesMax): string[] {
  const whole = head + text
  if (utf8Bytes(whole) <= bytesMax) return [whole]
  const room = bytesMax - utf8Bytes(head) - partMarkBytes
  const pieces: string[] = []
  for (let rest = text; rest !== ''; ) {
    const piece = firstPiece(rest, room)
    pieces.push(piece.trimEnd())
    rest = rest.slice(piece.length).trimStart()
  }
  return pieces.map((piece, i) => `${head}${piece} (${i + 1}/${pieces.length})`)
}

/** As much of the beginning as fits into `bytes`, at least one character. */
function firstPiece(text: string, bytes: number): string {
  const cut = fitting(text, bytes)
  if (cut.length === text.length) return text
  const space = cut.lastIndexOf(' ')
  return space > cut.length / 2 ? cut.slice(0, space + 1) : cut
}

function fitting(text: string, bytes: number): string {
  let end = 0
  let used = 0
  for (const character of text) {
    used += utf8Bytes(character)
    if (used > bytes && end > 0) break
    end += character.length
  }
  return text.slice(0, end)
}
