// A server with the session's routes and one room, for tests of who may do what by cookie. Tokens: `viewer-token` and the like.
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { createSessions, type SessionOptions } from '#common/console/session-routes.ts'
import { createHttpServer, type HttpServerOptions } from '#common/http/http-server.ts'
import { createLiveRoute } from '#common/http/live-route.ts'
import { type Role, roleSchema } from '#common/http/roles.ts'
import { roomRoutes } from '#common/http/room-routes.ts'
import { createLog } from '#common/log.ts'
import type { Session } from '#common/network.ts'
import { roomAndWriter } from './room-and-writer.ts'

export const testServer: Session['server'] = { id: `AbCd_-12${'x'.repeat(35)}`, name: 'Hub', role: 'hub', version: '1' }

/** Of Set-Cookie, what the browser sends back. */
export function sentBack(headers: { 'set-cookie'?: string | string[] | undefined }): string {
  return String(headers['set-cookie']).split(';')[0] ?? ''
}

/** What a test may change of the two parts. */
export type SessionServerOptions = Partial<SessionOptions> & { http?: Partial<HttpServerOptions> }

export async function startSessions(t: TestContext, { http, ...options }: SessionServerOptions = {}) {
  const lines: string[] = []
  const log = createLog({ json: false, write: line => lines.push(line) })
  const tokens = new Map<string, Role>(roleSchema.options.map(role => [`${role}-token`, role]))
  const findToken = async (token: string) => {
    const role = tokens.get(token)
    return role && { role, who: `my ${role}` }
  }
  const { access, plugin } = createSessions({ server: testServer, findToken, trustsMachine: false, log, ...options })
  const { log: room, writer, say } = roomAndWriter()
  const rooms = { names: () => [room.room], get: (name: string) => (name === room.room ? room : undefined) }
  const app = await createHttpServer({ log, ...http })
  await app.register(plugin)
  await app.register(roomRoutes, { rooms, writer, access, source: 'client' })
  await app.register(createLiveRoute({ rooms, access, log }).plugin)
  // A page that may do what pages of elsewhere may, from here.
  app.get('/blank', async (_request, reply) => {
    reply.removeHeader('content-security-policy')
    return reply.type('text/html').send('<!doctype html><title>Blank</title>')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const { port } = app.server.address() as AddressInfo
  return { app, port, tokens, lines, room, say }
}
