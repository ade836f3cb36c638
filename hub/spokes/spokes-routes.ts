// The spokes of this hub, for operators' tools: who they are, and what they may do.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Enrol } from '#common/config/hub-conf.ts'
import { RequestError } from '#common/errors.ts'
import { type AccessCheck, requireRight } from '#common/http/access.ts'
import type { Log } from '#common/log.ts'
import { auditMax } from '../rights/audit.ts'
import { Decisions } from '../rights/decisions.ts'
import { type Decision, roomOrAnySchema, whySchema } from '../rights/rights.ts'
import { isCanonicalId, type ListedSpoke, readSpokes } from '../rights/spoke-list.ts'
import type { HubStore } from '../store/hub-store.ts'
import { dayOf } from '../upkeep/byte-ledger.ts'
import type { SpokeGate } from './spoke-gate.ts'

export interface SpokesRoutesOptions {
  store: Pick<HubStore, 'registry' | 'rights' | 'audit' | 'traffic'>
  enrol: Enrol
  gate: SpokeGate
  log: Log
  access: AccessCheck
}

const idParams = z.object({
  id: z.string().refine(isCanonicalId, 'must be the whole id of a spoke, as GET /api/v1/spokes has it'),
})
const roomParams = idParams.extend({ room: roomOrAnySchema })
const revokeBody = z.strictObject({ why: whySchema.optional() }).nullish()
const rightBody = z.strictObject(
  { read: z.boolean(), write: z.boolean() },
  { error: 'the body must be {"read": true or false, "write": true or false}' },
)
const auditQuery = z.object({ limit: z.coerce.number().int().min(1).max(auditMax).default(100) })

/** Lists for every token; decisions for admins, each answered by the spoke as it is now listed. */
export async function spokesRoutes(app: FastifyInstance, options: SpokesRoutesOptions): Promise<void> {
  const { store, enrol, gate, access, log } = options
  const decisions = new Decisions({ ...store, log })

  // Who may not decide learns nothing of what is wrong with the words.
  const decide = async (request: FastifyRequest, decisionOf: () => Decision): Promise<ListedSpoke | undefined> => {
    const { who } = await requireRight(access, request, 'isAdmin')
    const { id } = idParams.parse(request.params)
    const decision = decisionOf()
    const name = (await readSpokes(store, enrol)).find(spoke => spoke.id === id)?.name ?? ''
    await decisions.decide(`token:${who}`, { id, name }, decision)
    await gate.refresh()
    return (await readSpokes(store, enrol)).find(spoke => spoke.id === id)
  }

  app.get('/api/v1/spokes', async request => {
    await requireRight(access, request, 'canRead')
    const [spokes, used] = await Promise.all([readSpokes(store, enrol), store.traffic.of(dayOf(Date.now()))])
    const bytesOf = (id: string) => ({ bytesToday: used.get(id)?.bytes ?? 0, wanCapBytes: used.get(id)?.cap ?? null })
    return { spokes: spokes.map(spoke => ({ ...spoke, ...bytesOf(spoke.id) })) }
  })
  app.get('/api/v1/audit', async request => {
    await requireRight(access, request, 'canRead')
    return { entries: await store.audit.newest(auditQuery.parse(request.query).limit) }
  })
  app.post('/api/v1/spokes/:id/approve', async request => decide(request, () => ({ action: 'approve' })))
  app.post('/api/v1/spokes/:id/revoke', async request =>
    decide(request, () => ({ action: 'revoke', why: revokeBody.parse(request.body)?.why })),
  )
  app.put('/api/v1/spokes/:id/rooms/:room', async request =>
    decide(request, () => {
      const { room } = roomParams.parse(request.params)
      return { action: 'grant', room, right: rightBody.parse(request.body) }
    }),
  )
  app.delete('/api/v1/spokes/:id', async (request, reply) => {
    await requireRight(access, request, 'isAdmin')
    const { id } = idParams.parse(request.params)
    const isKnown = (await readSpokes(store, enrol)).some(spoke => spoke.id === id)
    if (!isKnown) throw new RequestError(404, 'unknown_spoke', 'there is no city with this id')
    await decide(request, () => ({ action: 'forget' }))
    return reply.code(204).send()
  })
}
