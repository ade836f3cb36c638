// Peers looked after over HTTP: who is known by which key, and taking another key for the right one.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { RequestError } from '#common/errors.ts'
import { type AccessCheck, requireRight } from '#common/http/access.ts'
import type { KnownPeers } from './known-peers.ts'

export interface PeerRoutesOptions {
  /** Absent: the edge is in no federation. */
  known: KnownPeers | undefined
  access: AccessCheck
}

const trustSchema = z.strictObject({ peer: z.string('must be a name or an id').min(1).max(200) })

/** `GET /api/v1/peers`, and `POST /api/v1/peers/trust` with `{"peer": name or id}`, which answers with what was done. */
export async function peerRoutes(app: FastifyInstance, { known, access }: PeerRoutesOptions): Promise<void> {
  app.get('/api/v1/peers', async request => {
    await requireRight(access, request, 'isAdmin')
    return { peers: known?.report() ?? [] }
  })

  app.post('/api/v1/peers/trust', async request => {
    const { who } = await requireRight(access, request, 'isAdmin')
    const { peer } = trustSchema.parse(request.body)
    if (known === undefined) throw new RequestError(404, 'unknown_peer', 'this server is in no federation')
    return { done: known.trust(peer, who) }
  })
}
