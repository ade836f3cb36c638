// The cookie by which a browser is signed in: its name, its text, and the rule that keeps pages of elsewhere from using it.
import type { FastifyRequest } from 'fastify'
import { RequestError } from '../errors.ts'

/** Cookies of one host are those of all its ports: the name keeps two servers of one machine apart. */
const idCharacters = 8
const keptSeconds = 180 * 86_400
/** Another server of the host, or of a domain above it, may have set some of the same name. */
const candidatesMax = 4

const safeMethods = ['GET', 'HEAD', 'OPTIONS']
/** Of Sec-Fetch-Site: a page of ours, or the person at the address bar. */
const ownSites = ['same-origin', 'none']

/** @param id of the server, in base64url */
export function cookieName(id: string): string {
  return `mcfed-${id.slice(0, idCharacters)}`
}

/** For Set-Cookie; any text may be the token. Without one the browser forgets what it has. */
export function cookieText(name: string, { token, isSecure }: { token?: string; isSecure: boolean }): string {
  const value = encodeURIComponent(token ?? '')
  const age = token === undefined ? 0 : keptSeconds
  return `${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
}

/**
 * The tokens of all cookies of this name. Ours has the shortest path there is, and browsers send the longest first
 * (RFC 6265, 5.4): the last is tried first.
 */
export function cookieTokens(request: FastifyRequest, name: string): string[] {
  const given = (request.headers.cookie ?? '').split(';').map(pair => pair.trim())
  const values = given.filter(pair => pair.startsWith(`${name}=`)).map(pair => decoded(pair.slice(name.length + 1)))
  return values
    .filter(value => value !== '')
    .slice(-candidatesMax)
    .reverse()
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}

/** True when the browser has come here by TLS, as far as we, the proxy in front of us, or the page itself can tell. */
export function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https' || ownPageScheme(request) === 'https'
}

/** True for a page that this very server has served; programs do not say that they are one. */
export function isOwnPage(request: FastifyRequest): boolean {
  const scheme = ownPageScheme(request)
  // A proxy may keep TLS to itself: then we know of http only.
  return scheme === 'https' || (scheme === 'http' && request.protocol !== 'https')
}

/** Of an Origin that is the Host asked for. */
function ownPageScheme({ headers, host }: FastifyRequest): string | undefined {
  const [, scheme, from] = /^(https?):\/\/([^/]+)$/.exec(headers.origin?.toLowerCase() ?? '') ?? []
  return from === host.toLowerCase() ? scheme : undefined
}

/**
 * A cookie comes along whoever has made the browser ask, SameSite or not: another port of this host is the same site. What
 * changes something, and every WebSocket, must be of a page of ours; what only reads must not be of another's.
 * @throws RequestError 403 bad_origin
 */
export function requireOwnPage(request: FastifyRequest): void {
  const { origin, upgrade, 'sec-fetch-site': site } = request.headers
  const isChange = !safeMethods.includes(request.method) || upgrade !== undefined
  // Browsers tell the Origin of all that changes something; of the rest at least whether it was another's.
  const isPlain = !isChange && (site === undefined || ownSites.includes(String(site)))
  if (origin === undefined ? isPlain : isOwnPage(request)) return
  throw new RequestError(
    403,
    'bad_origin',
    'by cookie only pages of this very server may ask: their Origin must be the Host asked for, which a proxy must pass on',
  )
}
