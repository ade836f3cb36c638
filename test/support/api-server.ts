// The HTTP API with one room, served to tests over a real socket.
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { type Access, bearerToken, noAccess } from '#common/http/access.ts'
import { healthRoutes } from '#common/http/health-routes.ts'
import { createHttpServer, type HttpServerOptions } from '#common/http/http-server.ts'
import { roomRoutes } from '#common/http/room-routes.ts'
import { createLog } from '#common/log.ts'
import { serverFamilies } from '#common/metrics/server-metrics.ts'
import type { Status } from '#common/status.ts'
import type { MemoryLogOptions } from './memory-log.ts'
import { roomAndWriter } from './room-and-writer.ts'

export const silentLog = createLog({ json: false, level: 'silent' })
const accessByToken: Record<string, Access> = {
  writer: { canRead: true, canPost: true, isAdmin: false, who: 'writer' },
  reader: { canRead: true, canPost: false, isAdmin: false, who: 'reader' },
}
export const postsPath = '/api/v1/rooms/frontrange/posts'

export const sampleStatus: Status = {
  name: 'City A',
  role: 'edge',
  id: 'x'.repeat(43),
  version: '0.1.0',
  uptimeSeconds: 7,
  clock: { now: '2025-01-01T00:00:00.000Z', systemOffMs: -1500 },
  ready: true,
  reasons: [],
  peers: [],
  rooms: [{ room: 'frontrange', epoch: 'AAAAAAAAAAAAAAAA', first: 1, head: 3, stored: 3 }],
  messages: { stored: 3, duplicates: 2, expired: 0, refused: 0, sent: 0 },
  queues: { toStore: 0, toSend: 0 },
  clients: { live: 0, lines: 0 },
  gaps: [],
}

/** Tokens: `writer` may read and post, `reader` may read. */
export async function startApi(
  t: TestContext,
  options: Partial<HttpServerOptions> = {},
  logOptions: MemoryLogOptions = {},
) {
  const room = roomAndWriter('frontrange', logOptions)
  const app = await createHttpServer({ log: silentLog, ...options })
  const rooms = { names: () => ['frontrange'], get: (name: string) => (name === 'frontrange' ? room.log : undefined) }
  const access = async (request: Parameters<typeof bearerToken>[0]) =>
    accessByToken[bearerToken(request) ?? ''] ?? noAccess
  await app.register(roomRoutes, { rooms, writer: room.writer, access, source: 'client' })
  await app.register(healthRoutes, { status: () => sampleStatus, families: serverFamilies })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  return { app, ...room }
}

export function portOf(app: FastifyInstance): number {
  return (app.server.address() as AddressInfo).port
}

interface Asked {
  token?: string | null
  method?: string
  body?: unknown
  headers?: Record<string, string>
}

/** Sends over a real connection; a string or Buffer as body goes out as it is. */
export async function ask(app: FastifyInstance, path: string, { token = 'writer', method, body, headers }: Asked = {}) {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
  const response = await fetch(`http://127.0.0.1:${portOf(app)}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : undefined, text }
}
