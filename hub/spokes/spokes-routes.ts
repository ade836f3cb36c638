// The spokes this hub has seen, for operators' tools.
import type { FastifyInstance } from 'fastify'
import { type AccessCheck, requireRight } from '#common/http/access.ts'
import type { Registry } from '../registry/registry.ts'

export interface SpokesRoutesOptions {
  registry: Registry
  access: AccessCheck
}

/** GET /api/v1/spokes: `{"spokes":[{id, name, connected, lastSeenAt, address, software, instance}]}`. */
export async function spokesRoutes(app: FastifyInstance, { registry, access }: SpokesRoutesOptions): Promise<void> {
  app.get('/api/v1/spokes', async request => {
    await requireRight(access, request, 'canRead')
    return { spokes: await registry.spokes() }
  })
}
