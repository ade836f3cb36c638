// The newest alerts, for operators' tools.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type Alerts, alertsMax } from '../alerts/alerts.ts'
import { type AccessCheck, requireRight } from './access.ts'

const whole = z
  .string()
  .regex(/^\d{1,16}$/, 'must be a whole number')
  .transform(Number)
const querySchema = z.object({
  after: whole.optional(),
  limit: whole.pipe(z.int().min(1, 'must be at least 1').max(500, 'must be at most 500')).default(100),
})

export interface AlertsRoutesOptions {
  alerts: Alerts
  access: AccessCheck
}

/** GET /api/v1/alerts?after=&limit=: `{"alerts":[{n, at, kind, spoke, text}]}`, the oldest first; without `after` the newest. */
export async function alertsRoutes(app: FastifyInstance, { alerts, access }: AlertsRoutesOptions): Promise<void> {
  app.get('/api/v1/alerts', async request => {
    await requireRight(access, request, 'canRead')
    const { after, limit } = querySchema.parse(request.query)
    if (after !== undefined) return { alerts: await alerts.after(after, limit) }
    return { alerts: (await alerts.after(0, alertsMax)).slice(-limit) }
  })
}
