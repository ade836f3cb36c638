// What an answer of the API to a post means for it, and what is to be done about its trouble.
import type { ApiError } from '../server/api.ts'
import { ownOf } from '../server/own-of.ts'
import type { Outcome, ServerName, Trouble } from './own-post.ts'

/** No sign-in, another server at the address, too many, and a server in trouble may be different in a while; the rest would be refused again. */
const passing = new Set([401, 408, 421, 425, 429])
/** The answer was not the API's, but that of a proxy, or of a hotspot's sign-in page. */
const notOurs = 'failed'

/** Of an answer that came; `body` is its JSON. */
export function outcomeOf(body: unknown): Outcome {
  const { guid, offset }: { guid?: unknown; offset?: unknown } = typeof body === 'object' && body !== null ? body : {}
  if (typeof guid === 'string' && typeof offset === 'number') return { kind: 'stored', guid, offset }
  return failed({ code: notOurs, message: 'the answer was not that of the server' })
}

/** Of one that was a refusal, or did not come. */
export function outcomeOfError({ status, code, message, retryAfterMs }: ApiError): Outcome {
  const trouble = { code, message }
  const isRefused = code !== notOurs && status >= 400 && status < 500 && !passing.has(status)
  return isRefused ? { kind: 'refused', trouble } : failed(trouble, retryAfterMs)
}

/** Of a post that is for another server than this page is of; undefined: it is not. */
export function writtenElsewhere(there: ServerName | undefined, here: ServerName | undefined): Outcome | undefined {
  if (there === undefined || here === undefined || there.id === here.id) return undefined
  const message = `It was written at "${there.name}", and this is "${here.name}". Send it again if it is meant for here.`
  return { kind: 'refused', trouble: { code: 'written_elsewhere', message } }
}

export const unreachable: Outcome = failed({ code: 'no_answer', message: 'the server does not answer' })

/** Codes with words for people; the server's own are for programs. */
const advice: Readonly<Record<string, string>> = {
  no_answer: 'No connection to the server. It is sent as soon as there is one.',
  failed: 'Something between here and the server answers in its place. It is sent as soon as the server does.',
  unauthorized: 'You are signed out. Sign in, and it is sent.',
  forbidden: 'This sign-in may read, not post. Sign in as an operator, then send it again.',
  blocked: 'This author is blocked in the room. Post under another name, or ask whoever keeps the blocklist.',
  other_server: 'Another server is at this address than the one it was written for. It is sent when that one is back.',
  unknown_room: 'The server has no such room any more. Write it in another room.',
  too_many_posts: 'This author posts faster than the room allows. It is sent in its turn.',
  too_many_requests: 'Too many requests from here. It is sent in a while.',
  store_unavailable: 'The server cannot store anything at the moment. It is sent as soon as it can.',
  not_ready: 'The server is starting. It is sent as soon as it is ready.',
}

/** What is wrong and what to do, in one or two sentences. */
export function adviceOn({ code, message }: Trouble): string {
  const known = ownOf(advice, code)
  if (known !== undefined) return known
  const sentence = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

function failed(trouble: Trouble, retryAfterMs = 0): Outcome {
  return { kind: 'later', trouble, retryAfterMs }
}
