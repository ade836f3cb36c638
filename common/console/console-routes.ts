// The console over HTTP: `GET /` and the files behind it. Read, and compressed, when somebody first asks for them.
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestError } from '../errors.ts'
import { type Encoding, encodingFor } from '../http/content-encoding.ts'
import type { ConsoleFile, ConsoleFiles } from './console-files.ts'
import { contentSecurityPolicy } from './page.ts'

type FileRequest = FastifyRequest<{ Params: { version: string; '*': string } }>

const foreverSeconds = 365 * 24 * 3600
const compressors: Readonly<Record<Encoding, (body: Buffer) => Promise<Buffer>>> = {
  br: body => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gzip: body => promisify(gzip)(body, { level: 9 }),
}

export interface ConsoleRoutesOptions {
  /** Default: from the disk. */
  read?: () => Promise<ConsoleFiles>
}

export async function consoleRoutes(app: FastifyInstance, { read = readFiles }: ConsoleRoutesOptions): Promise<void> {
  let reading: Promise<ConsoleFiles> | undefined
  const files = () => {
    reading ??= read().catch(error => {
      // So many files may be open that there was no place for one more.
      reading = undefined
      throw error
    })
    return reading
  }
  const compressed = new Map<string, Promise<Buffer>>()

  app.get('/', async (request, reply) => {
    const { page } = await files()
    reply.type('text/html; charset=utf-8').header('content-security-policy', contentSecurityPolicy)
    // Without TLS browsers do not heed it, and complain.
    if (request.protocol === 'https') reply.header('cross-origin-opener-policy', 'same-origin')
    return reply.send(page)
  })

  app.get('/console/:version/*', async (request: FileRequest, reply) => {
    const { version, byPath } = await files()
    const path = request.params['*']
    const file = request.params.version === version ? byPath.get(path) : undefined
    // By this a page that was open while this server got a new version knows that it did.
    if (file === undefined)
      throw new RequestError(404, 'not_found', 'the console has no such file; load its page again')
    reply
      .type(file.type)
      .header('cache-control', `public, max-age=${foreverSeconds}, immutable`)
      .header('vary', 'accept-encoding')
    return sendFile(reply, { request, path, file, compressed })
  })
}

/** Its readers are loaded where somebody looks: a Raspberry Pi that nobody looks at keeps the memory. */
async function readFiles(): Promise<ConsoleFiles> {
  const { readConsoleFiles } = await import('./console-files.ts')
  return readConsoleFiles()
}

interface FileToSend {
  request: FastifyRequest
  path: string
  file: ConsoleFile
  compressed: Map<string, Promise<Buffer>>
}

async function sendFile(reply: FastifyReply, { request, path, file, compressed }: FileToSend) {
  const encoding = encodingFor(request)
  if (encoding === undefined) return reply.send(file.body)
  const key = `${encoding} ${path}`
  const known = compressed.get(key) ?? compressors[encoding](file.body)
  compressed.set(key, known)
  return reply.header('content-encoding', encoding).send(await known)
}
