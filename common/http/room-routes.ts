// Rooms and their posts over HTTP: list, read, search, post.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RequestError } from '../errors.ts'
import { keyFault, keyPattern, writeKeyed } from '../keyed-write.ts'
import type { PostWriter } from '../post-writer.ts'
import { type AccessCheck, requireRight } from './access.ts'
import { pageQuerySchema, readPage } from './read-posts.ts'
import { findRoom, type RoomDirectory } from './room-directory.ts'

export interface RoomRoutesOptions {
  rooms: RoomDirectory
  writer: PostWriter
  access: AccessCheck
  /** How posts written here are marked. */
  source: 'client' | 'console'
}

type RoomRequest = FastifyRequest<{ Params: { room: string } }>

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
  app.get('/api/v1/rooms', async request => {
    await requireRight(access, request, 'canRead')
    const logs = await Promise.all((await rooms.names()).map(name => rooms.get(name)))
    return { rooms: logs.flatMap(log => (log === undefined ? [] : [{ room: log.room, ...log.head }])) }
  })

  app.get('/api/v1/rooms/:room/posts', async (request: RoomRequest, reply) => {
    await requireRight(access, request, 'canRead')
    const log = await findRoom(rooms, request.params.room)
    return reply.type('application/json; charset=utf-8').send(await readPage(log, pageQuerySchema.parse(request.query)))
  })

  app.post('/api/v1/rooms/:room/posts', async (request: RoomRequest, reply) => {
    await requireRight(access, request, 'canPost')
    const log = await findRoom(rooms, request.params.room)
    const { text, author } = draftSchema.parse(request.body)
    const written = await writeKeyed(writer, log, { text, author, source, key: idempotencyKey(request) })
    return reply.code(written.duplicate ? 200 : 201).send({ room: log.room, ...written })
  })
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || (typeof key === 'string' && keyPattern.test(key))) return key
  throw new RequestError(400, 'bad_key', `the header Idempotency-Key ${keyFault}`)
}
