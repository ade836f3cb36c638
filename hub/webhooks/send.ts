// One POST to an endpoint that others run: with a deadline, to a public address only, no redirect followed, the answer's body left unread.
import { lookup as systemLookup } from 'node:dns'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from '#common/public-address.ts'
import { type Outcome, outcomeOf } from './answers.ts'

/** Not imported: an import of node:http reads all its exports, and so loads an HTTP client that nobody needs. */
const { request: httpRequest } = process.getBuiltinModule('node:http')
const { request: httpsRequest } = process.getBuiltinModule('node:https')

export interface Sending {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  allowPrivate: boolean
  /** For the whole of it, from the first look at the name to the status of the answer. */
  deadlineMs: number
  /** Ends it without an outcome. */
  signal: AbortSignal
  /** Further authorities, in PEM; default: those of the system and of NODE_EXTRA_CA_CERTS. */
  ca?: string | undefined
  /** Default: the system's. */
  lookup?: LookupFunction | undefined
}

const answerBytesMax = 16 * 1024
const drainMs = 2000

class PrivateAddressError extends Error {}

/** Every fault of the endpoint and of the way to it is an outcome. @throws the signal's reason */
export async function send(sending: Sending): Promise<Outcome> {
  const { signal, deadlineMs } = sending
  signal.throwIfAborted()
  const late = AbortSignal.timeout(deadlineMs)
  try {
    const answer = await answerTo(sending, AbortSignal.any([signal, late]))
    return outcomeOf(answer.statusCode ?? 0, answer.headers['retry-after'], Date.now())
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'failed', error: late.aborted ? `no answer within ${deadlineMs / 1000} s` : faultText(error) }
  }
}

/** Resolves when the headers of the answer are here. */
function answerTo({ url, headers, body, allowPrivate, ca, lookup = systemLookup }: Sending, signal: AbortSignal) {
  const { protocol, hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  // No name is looked up for an address: it has to be checked here.
  if (!allowPrivate && isIP(host) > 0 && !isPublicAddress(host)) throw new PrivateAddressError()
  const options: RequestOptions & { ca?: string } = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    // A connection of its own for each: one that was kept may have been closed at the other end.
    agent: false,
    signal,
    lookup: allowPrivate ? lookup : publicOnly(lookup),
    ...(ca !== undefined && { ca }),
  }
  const request = protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options)
  return answered(request, body)
}

function answered(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('close', () => reject(new Error('the connection ended without an answer')))
    request.on('response', response => {
      drain(response)
      resolve(response)
    })
    request.end(body)
  })
}

/** Reads a short answer to its end, as the endpoint may expect, and no more. */
function drain(response: IncomingMessage): void {
  let bytes = 0
  const late = setTimeout(() => response.destroy(), drainMs)
  response.on('close', () => clearTimeout(late))
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > answerBytesMax) response.destroy()
  })
}

/** The addresses are checked as they are handed to the connection: a name that says something else a moment later gains nothing. */
function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, done) =>
    lookup(hostname, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address)
      const isPrivate = error === null && !addresses.every(isPublicAddress)
      done(isPrivate ? new PrivateAddressError() : error, found, family)
    })
}

/** Without addresses and names: it is shown to everybody who may see the hub's status. */
function faultText(error: unknown): string {
  if (error instanceof PrivateAddressError)
    return 'its address is not public: nothing is sent there unless allow_private = true'
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const words = code === undefined ? undefined : wordsByCode[code]
  if (words !== undefined) return words
  if (code !== undefined) return `no answer (${code.slice(0, 60)})`
  return error instanceof Error ? error.message.slice(0, 60) : 'no answer'
}

const wordsByCode: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known to the DNS',
  EAI_AGAIN: 'the DNS does not answer',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  CERT_HAS_EXPIRED: 'its certificate has ended',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not known here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}
