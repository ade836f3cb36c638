// Rooms and their posts over HTTP: list, read, search, post.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RequestError } from '../errors.ts'
import { guidPattern } from '../guid.ts'
import { keyFault, keyPattern, writeKeyed } from '../keyed-write.ts'
import type { PostLog } from '../post-log.ts'
import type { PostWriter } from '../post-writer.ts'
import type { RoomHead } from '../room-shapes.ts'
import { type AccessCheck, requireRight } from './access.ts'
import { isSearch, pageQuerySchema, readPage, readPost } from './read-posts.ts'
import { findRoom, type RoomDirectory } from './room-directory.ts'
import { Searches } from './searches.ts'
import { isOwnPage } from './session-cookie.ts'

export interface RoomRoutesOptions {
  rooms: RoomDirectory
  writer: PostWriter
  access: AccessCheck
  /** How posts written here are marked; those of the console's pages are always `console`. */
  source: 'client' | 'console'
}

type PostRequest = FastifyRequest<{ Params: { room: string; guid: string } }>
type RoomRequest = FastifyRequest<{ Params: { room: string } }>

const guidParams = z.object({ guid: z.string().regex(guidPattern, 'must be a UUID in lower case') })

/** The shapes only; the writer checks text and author, as it does for posts that come another way. */
const draftSchema = z.strictObject({
  text: z.string('must be a text'),
  author: z.union(
    [z.string().transform(name => ({ name })), z.strictObject({ name: z.string(), key: z.string().optional() })],
    'must be a name, or an object with a name',
  ),
})

/** `/api/v1/rooms` and what is below it. Faults are answered by http-errors.ts. */
export async function roomRoutes(app: FastifyInstance, { rooms, writer, access, source }: RoomRoutesOptions) {
  const searches = new Searches()

  app.get('/api/v1/rooms', async request => {
    await requireRight(access, request, 'canRead')
    const logs = await Promise.all((await rooms.names()).map(name => rooms.get(name)))
    return { rooms: logs.flatMap(log => (log === undefined ? [] : [listed(log, rooms.title?.(log.room))])) }
  })

  app.get('/api/v1/rooms/:room/posts', async (request: RoomRequest, reply) => {
    const { who } = await requireRight(access, request, 'canRead')
    const log = await findRoom(rooms, request.params.room)
    const query = pageQuerySchema.parse(request.query)
    const read = () => readPage(log, query)
    const page = isSearch(query) ? await searches.run(who, read) : await read()
    return reply.type('application/json; charset=utf-8').send(page)
  })

  app.get('/api/v1/rooms/:room/posts/:guid', async (request: PostRequest, reply) => {
    await requireRight(access, request, 'canRead')
    const log = await findRoom(rooms, request.params.room)
    const { guid } = guidParams.parse(request.params)
    return reply.type('application/json; charset=utf-8').send(await readPost(log, guid))
  })

  app.post('/api/v1/rooms/:room/posts', async (request: RoomRequest, reply) => {
    await requireRight(access, request, 'canPost')
    requireMeant(request, writer.origin)
    const log = await findRoom(rooms, request.params.room)
    const { text, author } = draftSchema.parse(request.body)
    const draft = { text, author, source: isOwnPage(request) ? 'console' : source, key: idempotencyKey(request) }
    const written = await writeKeyed(writer, log, draft)
    return reply.code(written.duplicate ? 200 : 201).send({ room: log.room, ...written })
  })
}

function listed({ room, head }: PostLog, name: string | undefined): RoomHead {
  return { room, ...(name !== undefined && { name }), ...head }
}

/** By a tunnel an address leads to another server than before: what was written for that one is not for here. @throws RequestError 421 other_server */
function requireMeant({ headers }: FastifyRequest, id: string): void {
  const meant = headers['mcfed-server']
  if (meant === undefined || meant === id) return
  throw new RequestError(
    421,
    'other_server',
    `nothing was stored: the header Mcfed-Server names another server, and this is ${id}; leave it out, or look where the address leads`,
  )
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || (typeof key === 'string' && keyPattern.test(key))) return key
  throw new RequestError(400, 'bad_key', `the header Idempotency-Key ${keyFault}`)
}
