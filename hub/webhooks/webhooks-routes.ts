// The webhooks for operators' tools: how they do, and the wish to have sent again what was given up.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestError } from '#common/errors.ts'
import { type AccessCheck, requireRight } from '#common/http/access.ts'
import type { Webhooks } from './webhooks.ts'

export interface WebhooksRoutesOptions {
  webhooks: Webhooks
  access: AccessCheck
}

/** GET /api/v1/webhooks: `{"webhooks":[…]}` as in /status; POST /api/v1/webhooks/:name/retry: 202 `{"webhook"}`. */
export async function webhooksRoutes(app: FastifyInstance, { webhooks, access }: WebhooksRoutesOptions): Promise<void> {
  app.get('/api/v1/webhooks', async request => {
    await requireRight(access, request, 'canRead')
    return { webhooks: await webhooks.status() }
  })

  app.post('/api/v1/webhooks/:name/retry', async (request: FastifyRequest<{ Params: { name: string } }>, reply) => {
    await requireRight(access, request, 'isAdmin')
    const { name } = request.params
    if (!(await webhooks.retry(name)))
      throw new RequestError(
        404,
        'unknown_webhook',
        'the config names no such webhook; GET /api/v1/webhooks names them',
      )
    return reply.code(202).send({ webhook: name })
  })
}
