// The whole net at a glance over HTTP: its cities, how they were in the last day, and how far a post has come.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RequestError } from '../errors.ts'
import { guidPattern } from '../guid.ts'
import { type Deliveries, historyIdsMax, type NetworkHistory } from '../network.ts'
import { idSchema } from '../post.ts'
import type { Entry, PostLog } from '../post-log.ts'
import { type AccessCheck, requireRight } from './access.ts'
import { findRoom, type RoomDirectory } from './room-directory.ts'

/** What a server knows of the net. All methods: @throws StoreUnavailableError */
export interface NetworkSource {
  /** A Network as JSON; with `since` (Unix ms, `at` of an answer before) only the cities that have changed after it. */
  network(since: number | undefined): Promise<string>
  /** An id that is not known has no samples. */
  history(ids: readonly string[]): Promise<NetworkHistory>
  /** Of a post that is stored here. */
  deliveries(log: PostLog, entry: Entry): Promise<Deliveries>
}

export interface NetworkRoutesOptions {
  access: AccessCheck
  rooms: RoomDirectory
  source: NetworkSource
}

const networkQuery = z.strictObject({
  since: z
    .string('must be given once')
    .regex(/^\d{1,15}$/, 'must be a whole number, the "at" of an answer before')
    .transform(Number)
    .optional(),
})
const historyQuery = z.strictObject({
  id: z.union(
    [idSchema.transform(id => [id]), z.array(idSchema).min(1).max(historyIdsMax)],
    `must be the whole id of a server, given 1 to ${historyIdsMax} times`,
  ),
})

type PostRequest = FastifyRequest<{ Params: { room: string; guid: string } }>

/** `/api/v1/network`, `/api/v1/history`, and a post's deliveries: for whoever may read. */
export async function networkRoutes(app: FastifyInstance, { access, rooms, source }: NetworkRoutesOptions) {
  app.get('/api/v1/network', async (request, reply) => {
    await requireRight(access, request, 'canRead')
    const { since } = networkQuery.parse(request.query)
    return reply.type('application/json; charset=utf-8').send(await source.network(since))
  })

  app.get('/api/v1/history', async request => {
    await requireRight(access, request, 'canRead')
    return source.history(historyQuery.parse(request.query).id)
  })

  app.get('/api/v1/rooms/:room/posts/:guid/deliveries', async (request: PostRequest) => {
    await requireRight(access, request, 'canRead')
    const { room, guid } = request.params
    const log = await findRoom(rooms, room)
    const entry = guidPattern.test(guid) ? await log.find(guid) : undefined
    if (entry === undefined) throw new RequestError(404, 'unknown_post', 'there is no such post here, or not any more')
    return source.deliveries(log, entry)
  })
}
