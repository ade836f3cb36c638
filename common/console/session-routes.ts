// Signing in to the console, and out again: a token in exchange for the cookie by which a browser is known from then on.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RequestError } from '../errors.ts'
import { type Access, type AccessCheck, requireRight } from '../http/access.ts'
import { roleOf } from '../http/roles.ts'
import { cookieName, cookieText, cookieTokens, isSecure, requireOwnPage } from '../http/session-cookie.ts'
import { accessOf, type FindToken, tokenAccess } from '../http/token-access.ts'
import { LineBudget } from '../line-budget.ts'
import type { Log } from '../log.ts'
import type { Session } from '../network.ts'
import { SignInLimit } from './sign-in-limit.ts'

export interface SessionOptions {
  /** The one that is signed in to. */
  server: Session['server']
  findToken: FindToken
  /** Programs on this machine need no token. */
  trustsMachine: boolean
  log: Log
  /** Monotonic ms. */
  now?: () => number
}

export interface Sessions {
  /** For all routes of the API: by token, by cookie, or from this machine. */
  access: AccessCheck
  plugin: (app: FastifyInstance) => Promise<void>
}

const refusalsPerMinute = 10
const sessionPath = '/api/v1/session'

const signInSchema = z.strictObject(
  { token: z.string('must be a text').trim().min(1, 'must not be empty').max(512, 'is too long for a token') },
  { error: 'the body must be {"token": "…"}' },
)

/** `GET`, `POST` and `DELETE /api/v1/session`; the first two answer with a Session. */
export function createSessions({ server, findToken, trustsMachine, log, now }: SessionOptions): Sessions {
  const cookie = cookieName(server.id)
  const access = tokenAccess({ findToken, cookie, trustsMachine })
  const limit = new SignInLimit(now)
  const complaints = new LineBudget(refusalsPerMinute, now)
  const told = (given: Access): Session => ({
    who: given.who,
    role: roleOf(given),
    signedIn: given.isLocal !== true,
    server,
  })
  const keep = (request: FastifyRequest, reply: FastifyReply, token?: string) =>
    reply.header('set-cookie', cookieText(cookie, { ...(token && { token }), isSecure: isSecure(request) }))

  return {
    access,
    plugin: async app => {
      app.get(sessionPath, async request => told(await requireRight(access, request, 'canRead')))

      app.post(sessionPath, async (request, reply) => {
        requireOwnPageIfAny(request)
        const { token } = signInSchema.parse(request.body)
        const holder = await limit.try(request.ip, () => findToken(token))
        if (holder === undefined) {
          complaints.write(`somebody at ${request.ip} tried to sign in with a token that is not known`, line =>
            log.warn(line),
          )
          throw new RequestError(401, 'bad_token', 'this token is not known here, or no longer; ask for another')
        }
        log.info(`"${holder.who}" (${holder.role}) signed in to the console from ${request.ip}`)
        return keep(request, reply, token).send(told(accessOf(holder)))
      })

      app.delete(sessionPath, async (request, reply) => {
        if (cookieTokens(request, cookie).length > 0) requireOwnPage(request)
        return keep(request, reply).code(204).send()
      })
    },
  }
}

/** A page of elsewhere must not sign anybody in; a program has no page. */
function requireOwnPageIfAny(request: FastifyRequest): void {
  if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined) requireOwnPage(request)
}
