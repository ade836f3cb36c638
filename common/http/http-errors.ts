// Every fault of a request as `{"error": code, "message": what is wrong and how to mend it}`.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { RateLimitError, RequestError, StoreUnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'

const storeRetrySeconds = 5

/** Fastify's own refusals, in our words. */
const refusals: Record<string, [code: string, message: string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'the body is larger than 16 KiB; the text of a post has at most 600 bytes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'not_json',
    'send the body as JSON, with the header "Content-Type: application/json"',
  ],
  FST_ERR_BAD_URL: ['bad_url', 'the path is not valid; check its percent-encoding'],
}

/** Answers a fault; one that is not the client's is logged whole and told as "internal". */
export function answerFault(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  const fault = toRequestError(error)
  if (error instanceof StoreUnavailableError) reply.header('retry-after', String(storeRetrySeconds))
  else if (error instanceof RateLimitError) reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)))
  else if (fault.status >= 500) log.error({ err: error }, 'a request failed')
  if (fault.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(fault.status).send({ error: fault.code, message: fault.message })
}

/** Names the field of the first issue, with a dot between the levels. */
function inputFault(error: z.ZodError): string {
  const issue = error.issues[0]
  const message = issue?.message ?? 'is not valid'
  return issue === undefined || issue.path.length === 0 ? message : `${issue.path.join('.')}: ${message}`
}

function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  if (error instanceof z.ZodError) return new RequestError(400, 'bad_request', inputFault(error))
  if (error instanceof StoreUnavailableError)
    return new RequestError(
      503,
      'store_unavailable',
      `not known to be stored or read: ${error.message}; try again in ${storeRetrySeconds} s`,
    )
  return fastifyFault(error) ?? new RequestError(500, 'internal', 'the server failed on this request; its log says why')
}

function fastifyFault(error: unknown): RequestError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return undefined
  const status = Number(error.statusCode)
  if (!(status >= 400 && status < 500)) return undefined
  const [code, message] = refusals[String(error.code)] ?? ['bad_request', error.message]
  return new RequestError(status, code, message)
}
