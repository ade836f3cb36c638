// Who asks, and what they may do: the pieces from which hub and edge build their access check.
import type { FastifyRequest } from 'fastify'
import { RequestError } from '../errors.ts'
import { isLoopbackAddress, isLoopbackHost } from '../loopback.ts'
import type { Rights } from './roles.ts'

export interface Access extends Rights {
  /** For the log; no secret. */
  who: string
  /** A program on this machine, which needs no token. */
  isLocal?: boolean
}

/** Gives the access of a request; `noAccess` when it carries no valid token. @throws StoreUnavailableError */
export type AccessCheck = (request: FastifyRequest) => Promise<Access>

export const noAccess: Access = { canRead: false, canPost: false, isAdmin: false, who: 'unknown' }

const proxyHeaders = ['forwarded', 'x-real-ip', 'via']
const bearerPattern = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i
/** Browsers cannot set a header on a WebSocket, but they can offer a subprotocol. */
const bearerSubprotocol = 'bearer.'

/** The token of `Authorization: Bearer`, or of the subprotocol `bearer.<token>`; undefined when there is none. */
export function bearerToken(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers
  if (authorization !== undefined) return bearerPattern.exec(authorization)?.[1]
  const offered = request.headers['sec-websocket-protocol']?.split(',').map(name => name.trim()) ?? []
  return offered.find(name => name.startsWith(bearerSubprotocol))?.slice(bearerSubprotocol.length) || undefined
}

/**
 * True for a program on this machine that came here directly. A proxy on this machine is no such program, nor is a web
 * page of elsewhere: by DNS rebinding it has another Host, by a plain cross-site request another Origin, and where browsers
 * leave the Origin out, they say where the page was. A proxy that says nothing of itself and calls us by a loopback name, as
 * nginx does by its defaults, has an HTTP that no program of today speaks.
 */
export function isLoopbackRequest(request: FastifyRequest): boolean {
  const { headers, socket, httpVersion } = request.raw
  if (httpVersion === '1.0') return false
  if (!isLoopbackAddress(socket.remoteAddress) || !isLoopbackHost(headers.host ?? '')) return false
  if (Object.keys(headers).some(name => proxyHeaders.includes(name) || name.startsWith('x-forwarded-'))) return false
  return headers.origin === undefined ? headers['sec-fetch-site'] !== 'cross-site' : isLoopbackOrigin(headers.origin)
}

/** @throws RequestError 401 without a valid token, 403 when it lacks the right */
export async function requireRight(
  check: AccessCheck,
  request: FastifyRequest,
  right: 'canRead' | 'canPost' | 'isAdmin',
): Promise<Access> {
  const access = await check(request)
  if (access[right]) return access
  if (access.canRead || access.canPost || access.isAdmin)
    throw new RequestError(403, 'forbidden', `this token does not give the right to ${deeds[right]}; use another`)
  throw new RequestError(401, 'unauthorized', 'send a valid token in the header "Authorization: Bearer <token>"')
}

const deeds = { canRead: 'read', canPost: 'post', isAdmin: 'administer' }

function isLoopbackOrigin(origin: string): boolean {
  const host = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]
  return host !== undefined && isLoopbackHost(host)
}
