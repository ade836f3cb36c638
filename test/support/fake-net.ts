// The console before a server that knows a net of any size: its own pages, and answers made up from the sample of a net.
import Fastify, { type FastifyInstance } from 'fastify'
import type { Alert } from '#common/alerts/alerts.ts'
import { consoleRoutes } from '#common/console/console-routes.ts'
import type { City, Network, Session } from '#common/network.ts'
import { netOf, samplesOf } from './network-sample.ts'

export interface FakeNetOptions {
  cities: number
  role?: Session['role']
  /** Instead of the sample. */
  net?: Network
  alerts?: readonly Alert[]
}

/** What admins have asked for. */
export interface Decided {
  method: string
  path: string
  body: unknown
}

export interface FakeNet extends AsyncDisposable {
  url: string
  net: Network
  decided: Decided[]
  /** Cities as they are from now on: the next answer has them, and the ids of all. */
  change(cities: readonly City[]): void
}

export async function startFakeNet({
  cities,
  role = 'admin',
  net = netOf(cities, Date.now()),
  alerts = [],
}: FakeNetOptions): Promise<FakeNet> {
  const app = Fastify()
  const decided: Decided[] = []
  const changedAtById = new Map<string, number>()
  const known = { ...net, cities: [...net.cities] }
  const change = (changed: readonly City[]) => {
    for (const city of changed) {
      known.cities = [...known.cities.filter(({ id }) => id !== city.id), city]
      changedAtById.set(city.id, Date.now())
    }
    known.ids = known.cities.map(({ id }) => id)
  }
  const { id, name, role: kind, version } = known.server
  const session: Session = { who: 'test', role, signedIn: true, server: { id, name, role: kind, version } }
  await app.register(consoleRoutes)
  app.get('/api/v1/session', async () => session)
  app.get('/api/v1/rooms', async () => ({ rooms: [] }))
  app.get('/api/v1/alerts', async request => {
    const after = Number((request.query as { after?: string }).after ?? 0)
    return { alerts: alerts.filter(({ n }) => n > after) }
  })
  app.get('/api/v1/network', async (request): Promise<Network> => {
    const since = (request.query as { since?: string }).since
    const isChanged = (city: City) => since === undefined || (changedAtById.get(city.id) ?? 0) >= Number(since)
    return { ...known, at: Date.now(), cities: known.cities.filter(isChanged) }
  })
  app.get('/api/v1/history', async request => {
    const ids = [(request.query as { id: string | string[] }).id].flat()
    const indexOf = (id: string) => known.ids.indexOf(id)
    return { samples: Object.fromEntries(ids.map(id => [id, samplesOf(indexOf(id), Date.now())])) }
  })
  addDecisions(app, decided)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, net: known, decided, change, [Symbol.asyncDispose]: () => app.close() }
}

function addDecisions(app: FastifyInstance, decided: Decided[]): void {
  app.get('/api/v1/audit', async () => ({
    entries: decided.map(({ method, path }, index) => ({
      at: Date.now() - index,
      who: 'token:test',
      action: method,
      detail: path,
    })),
  }))
  for (const method of ['POST', 'PUT', 'DELETE'] as const) {
    app.route({
      method,
      url: '/api/v1/spokes/*',
      handler: async ({ body, url: path }, reply) => {
        decided.push({ method, path, body: body ?? null })
        return method === 'DELETE' ? reply.code(204).send() : {}
      },
    })
  }
}
