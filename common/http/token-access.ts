// The access check of a server: by a token in a header, by the cookie of who is signed in, or from this machine.
import type { FastifyRequest } from 'fastify'
import { type Access, type AccessCheck, bearerToken, isLoopbackRequest, noAccess } from './access.ts'
import { type Role, rightsOf } from './roles.ts'
import { cookieTokens, requireOwnPage } from './session-cookie.ts'

/** Who has a token. */
export interface TokenHolder {
  role: Role
  /** Name of the token. */
  who: string
}

/** The holder of a token; undefined when it is malformed, unknown or revoked. @throws StoreUnavailableError */
export type FindToken = (token: string) => Promise<TokenHolder | undefined>

const localAccess: Access = { ...rightsOf('admin'), who: 'this machine', isLocal: true }

export interface TokenAccessOptions {
  findToken: FindToken
  /** Of the cookie by which browsers are signed in. */
  cookie: string
  /** Programs on this machine may do everything. */
  trustsMachine: boolean
}

/** A token in a header counts before the cookie, and who is signed in counts before the machine. */
export function tokenAccess({ findToken, cookie, trustsMachine }: TokenAccessOptions): AccessCheck {
  return async request => {
    const token = bearerToken(request)
    const signedIn = token === undefined ? await firstHolder(signInTokens(request, cookie), findToken) : undefined
    if (signedIn !== undefined) return accessOf(signedIn)
    if (trustsMachine && isLoopbackRequest(request)) return localAccess
    const holder = token === undefined ? undefined : await findToken(token)
    return holder === undefined ? noAccess : accessOf(holder)
  }
}

export function accessOf({ role, who }: TokenHolder): Access {
  return { ...rightsOf(role), who }
}

function signInTokens(request: FastifyRequest, cookie: string): string[] {
  const tokens = cookieTokens(request, cookie)
  if (tokens.length > 0) requireOwnPage(request)
  return tokens
}

async function firstHolder(tokens: readonly string[], findToken: FindToken): Promise<TokenHolder | undefined> {
  for (const token of tokens) {
    const holder = await findToken(token)
    if (holder !== undefined) return holder
  }
  return undefined
}
