// What operators and their tools ask: /status, /livez, /readyz, /metrics. No token: they carry no posts and no secrets;
// where the other servers are, often somebody's home, is told only to this machine and to who may read.
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestError } from '../errors.ts'
import type { Family } from '../metrics/family.ts'
import type { Status } from '../status.ts'
import { type AccessCheck, isLoopbackRequest } from './access.ts'

export interface HealthOptions {
  status: () => Status | Promise<Status>
  /** Without the rest: a balancer asks every second or two, and above all when there is much to do. Default: by the status. */
  readiness?: () => Pick<Status, 'ready' | 'reasons'>
  /** What Prometheus is told of it. */
  families: (status: Status) => Iterable<Family>
  /** Default: no token gives a right. */
  access?: AccessCheck
  /** Longest wait for it; default 5 s. */
  deadlineMs?: number
}

export async function healthRoutes(
  app: FastifyInstance,
  { status, readiness, families, access, deadlineMs = 5000 }: HealthOptions,
): Promise<void> {
  const statusInTime = () => within(deadlineMs, async () => status())

  // Nothing but "this process answers": a check that waits for a store would have the process killed for the store's fault.
  app.get('/livez', async (_request, reply) => reply.type('text/plain').send('ok'))

  app.get('/status', async request => {
    const whole = await statusInTime()
    return (await mayKnowAddresses(request, access)) ? whole : withoutAddresses(whole)
  })

  app.get('/readyz', async (_request, reply) => {
    const { ready, reasons } = readiness?.() ?? (await statusInTime())
    return reply.code(ready ? 200 : 503).send({ ready, reasons })
  })

  app.get('/metrics', async (_request, reply) => {
    // Loaded by the first scrape: a Raspberry Pi that nobody scrapes keeps the memory.
    const { metricsContentType, renderMetrics } = await import('../metrics/render.ts')
    return reply.type(metricsContentType).send(await renderMetrics(families(await statusInTime())))
  })
}

async function mayKnowAddresses(request: FastifyRequest, access: AccessCheck | undefined): Promise<boolean> {
  if (isLoopbackRequest(request)) return true
  if (access === undefined) return false
  // The status must come also when the store that knows the tokens is away.
  return access(request).then(
    ({ canRead }) => canRead,
    () => false,
  )
}

function withoutAddresses(status: Status): Status {
  return { ...status, peers: status.peers.map(peer => ({ ...peer, address: '' })) }
}

async function within<T>(ms: number, job: () => Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = delay(ms, undefined, { signal: timer.signal }).then(() => {
    throw new RequestError(503, 'not_ready', `the status did not come in ${ms / 1000} s`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([job(), late])
  } finally {
    timer.abort()
  }
}
