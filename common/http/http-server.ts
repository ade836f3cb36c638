// The HTTP(S) server of hub and edge: limits, deadlines, security headers and faults; routes are plugins of others.
import type { RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import { RequestError } from '../errors.ts'
import type { Log } from '../log.ts'
import { subprotocol as linkSubprotocol } from '../protocol/frames.ts'
import { isLoopbackRequest } from './access.ts'
import { Connections } from './connections.ts'
import { compressJson } from './content-encoding.ts'
import { answerFault } from './http-errors.ts'

export interface HttpServerOptions {
  log: Log
  /** Nobody but proxies can connect. */
  behindProxy?: boolean
  /** PEM. Without it the server speaks plain HTTP, for a proxy in front of it or for loopback. */
  tls?: { cert: string | Buffer; key: string | Buffer }
  /** Clients may show a certificate; whether it is any good is for the handshake of the link to say. */
  requestCertificate?: boolean
  /** Largest WebSocket frame a client may send; live clients send none, so only a server of links needs more. Default 4 KiB. */
  frameBytesMax?: number
  /** Per client address; programs on this machine are not limited. Default 1,200. */
  requestsPerMinute?: number
  /** Default 2,000. */
  connectionsMax?: number
  /** Of one client address; default: as many as there may be. */
  connectionsPerAddress?: number
  /** New ones a minute, of one client address; programs on this machine are not limited. Default: no limit. */
  newConnectionsPerMinute?: number
  deadlines?: Partial<Deadlines>
}

interface Deadlines {
  /** From connecting, or the first byte of a request, to the end of its headers; default 10 s. */
  headersMs: number
  /** To the end of its body; default 15 s. */
  requestMs: number
  /** A connection on which nothing moves, in or out; default 60 s. */
  idleMs: number
}

/** Not imported: an import of node:http reads all its exports, and so loads an HTTP client that takes 12 MB on a Raspberry Pi. */
const { createServer } = process.getBuiltinModule('node:http')

/**
 * X-Forwarded-For counts only from a proxy on this machine: anybody else could write what they like. Where nobody but proxies
 * can connect, they may be on other machines of a private network.
 */
const privateAddresses = ['loopback', 'linklocal', 'uniquelocal']

const liveSubprotocol = 'mcfed-live.1'

const bodyBytesMax = 16 * 1024
/** What clients have for the end of what they are at, when the server stops. */
const closingMs = 2000
const defaultDeadlines: Deadlines = { headersMs: 10_000, requestMs: 15_000, idleMs: 60_000 }

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Pages that are to be shown set their own.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
}

/** A server ready for routes, WebSocket routes included; the caller registers them, then listens. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { log } = options
  const app = Fastify({
    serverFactory: handler => nodeServer(handler, options),
    bodyLimit: bodyBytesMax,
    trustProxy: options.behindProxy ? privateAddresses : 'loopback',
    frameworkErrors: (error, _request, reply) => void answerFault(error, reply.headers(securityHeaders), log),
  })
  const { connectionsPerAddress: perAddress, newConnectionsPerMinute: newPerMinute } = options
  const connections = new Connections(app.server, { perAddress, newPerMinute, closingMs })
  app.addHook('preClose', async () => connections.end(app.server))
  app.setErrorHandler((error, _request, reply) => answerFault(error, reply, log))
  app.setNotFoundHandler((_request, reply) =>
    answerFault(new RequestError(404, 'not_found', 'nothing is here; the API begins at /api/v1/rooms'), reply, log),
  )
  app.addHook('onRequest', async (_request, reply) => void reply.headers(securityHeaders))
  parseJsonOnly(app)
  compressJson(app)
  await app.register(rateLimit, limitOptions(options))
  const socketOptions = {
    maxPayload: options.frameBytesMax ?? 4096,
    perMessageDeflate: false,
    closeTimeout: closingMs,
    handleProtocols,
  }
  await app.register(websocket, {
    options: socketOptions,
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: closeSockets,
  })
  return app
}

function nodeServer(handler: RequestListener, options: HttpServerOptions): Server {
  const { tls, requestCertificate: requestCert = false, connectionsMax = 2000, deadlines } = options
  const { headersMs, requestMs, idleMs } = { ...defaultDeadlines, ...deadlines }
  const http = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(2000, headersMs),
  }
  const server =
    tls === undefined
      ? createServer(http, handler)
      : createTlsServer(
          // The hub asks for none: it knows its spokes by their proofs alone.
          {
            ...http,
            ...tls,
            requestCert,
            rejectUnauthorized: false,
            minVersion: 'TLSv1.3',
            handshakeTimeout: headersMs,
          },
          handler,
        )
  // A client that does not take its answer moves nothing either. WebSockets leave this behind and have their own.
  server.setTimeout(idleMs)
  server.maxConnections = connectionsMax
  return server
}

/** Replaces Fastify's parser: that one turns broken UTF-8 into U+FFFD, and stores what nobody wrote. */
function parseJsonOnly(app: FastifyInstance): void {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    try {
      return JSON.parse(utf8.decode(body))
    } catch {
      throw new RequestError(400, 'bad_json', 'the body is not JSON in valid UTF-8')
    }
  })
}

function limitOptions({ requestsPerMinute = 1200 }: HttpServerOptions) {
  return {
    max: requestsPerMinute,
    timeWindow: 60_000,
    allowList: isLoopbackRequest,
    errorResponseBuilder: (_request: unknown, { after }: { after: string }) =>
      new RequestError(429, 'too_many_requests', `over ${requestsPerMinute} requests a minute; try again in ${after}`),
  }
}

/** A browser gives up unless one of the subprotocols it offered comes back, even if that was only its token. */
function handleProtocols(offered: Set<string>): string | false {
  const known = [linkSubprotocol, liveSubprotocol].find(name => offered.has(name))
  return known ?? [...offered].find(name => name.startsWith('bearer.')) ?? false
}

function closeSockets(this: FastifyInstance, done: () => void): void {
  for (const socket of this.websocketServer.clients) socket.close(1001, 'the server is restarting')
  this.websocketServer.close()
  done()
}
