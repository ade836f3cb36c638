// The live WebSocket: new posts of rooms as they come, and those missed since a cursor.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { type Cursor, epochSchema } from '../cursor.ts'
import { RequestError } from '../errors.ts'
import type { Log } from '../log.ts'
import { LogFollower } from '../log-follower.ts'
import { PacedWriter } from '../paced-writer.ts'
import type { PostLog } from '../post-log.ts'
import { closeCodes } from '../protocol/close-codes.ts'
import type { LiveFrame } from '../room-shapes.ts'
import { type Access, type AccessCheck, requireRight } from './access.ts'
import { findRoom, type RoomDirectory } from './room-directory.ts'

export interface LiveOptions {
  rooms: RoomDirectory
  access: AccessCheck
  log: Log
  /** Default 1,000. */
  clientsMax?: number
  /** With one token; default half of them: whoever forgets to close what he opens keeps nobody else out. */
  clientsOfOneMax?: number
  /** Longest time in which a client may take nothing and answer nothing; default 60 s. */
  stallMs?: number
  /** How often it is asked whether a client may still read; default 5 s. */
  recheckMs?: number
}

export interface LiveRoute {
  plugin: (app: FastifyInstance) => Promise<void>
  /** Clients now. */
  clients(): number
}

/** A room to follow, and from where; from its head without a cursor. */
interface Wish {
  log: PostLog
  cursor: Cursor | undefined
}

/** What a client asked for. */
interface Following {
  who: string
  wishes: Wish[]
  hasBeat: boolean
}

const roomsMax = 256
const beatMs = 10_000
const beat = JSON.stringify({ t: 'beat' } satisfies LiveFrame)

/** A parameter that may be repeated: the second `after` belongs to the second `room`. */
function list<T extends z.ZodType>(item: T) {
  return z.preprocess(
    value => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(item).max(roomsMax, `at most ${roomsMax} on one connection`),
  )
}

const querySchema = z.object({
  room: list(z.string()),
  after: list(
    z
      .string()
      .regex(/^\d{1,15}$/, 'must be an offset')
      .transform(Number),
  ),
  epoch: list(epochSchema),
  /** A page cannot see the pings of its browser's socket. */
  beat: z.literal('1', 'must be 1').optional(),
})

/**
 * `/api/v1/live?room=a&after=12&epoch=…`: first `{"t":"head",room,epoch,head}` per room, then the frames of LogFollower.
 * No room means every room. With `beat=1` a frame `{"t":"beat"}` every 10 s, for clients that cannot see pings. The client sends
 * nothing; pongs show that it lives.
 */
export function createLiveRoute(options: LiveOptions): LiveRoute {
  const { rooms, access, log, clientsMax = 1000, stallMs = 60_000, recheckMs = 5000 } = options
  const { clientsOfOneMax = Math.ceil(clientsMax / 2) } = options
  /** With the names of their tokens. */
  const clients = new Map<WebSocket, string>()
  const followingByRequest = new WeakMap<FastifyRequest, Following>()

  /** Undefined: there is a place. */
  function fullWords(who: string): string | undefined {
    if (clients.size >= clientsMax) return `${clientsMax} clients are live already; try again later`
    const own = clients.values().filter(name => name === who)
    return [...own].length < clientsOfOneMax ? undefined : `${clientsOfOneMax} clients with this token are live already`
  }

  async function admit(request: FastifyRequest): Promise<void> {
    const { who } = await requireRight(access, request, 'canRead')
    const full = fullWords(who)
    if (full !== undefined) throw new RequestError(503, 'too_many_clients', full)
    followingByRequest.set(request, { who, ...(await readFollowing(rooms, request.query)) })
  }

  function serve(socket: WebSocket, request: FastifyRequest): void {
    const following = followingByRequest.get(request) ?? { who: '', wishes: [], hasBeat: false }
    // Others may have been let in at the same time.
    const full = fullWords(following.who)
    if (full !== undefined) return socket.close(1013, full)
    clients.set(socket, following.who)
    let isAsked = false
    const look = async () => {
      if (isAsked) return
      isAsked = true
      await endWithoutRight(socket, access(request))
      isAsked = false
    }
    const looks = setInterval(() => void look(), recheckMs)
    socket.once('close', () => {
      clients.delete(socket)
      clearInterval(looks)
    })
    follow(socket, following, stallMs).catch(error => {
      log.error({ err: error }, 'a live client could not be served')
      socket.close(1011, 'the server failed; its log says why')
    })
  }

  return {
    clients: () => clients.size,
    plugin: async app => void app.get('/api/v1/live', { websocket: true, preValidation: admit }, serve),
  }
}

/** A token that was revoked must not go on being told. While the store is away nobody knows. */
async function endWithoutRight(socket: WebSocket, asked: Promise<Access>): Promise<void> {
  const access = await asked.catch(() => undefined)
  if (access?.canRead === false) socket.close(closeCodes.revoked, 'this token is no longer valid')
}

async function readFollowing(rooms: RoomDirectory, query: unknown): Promise<Omit<Following, 'who'>> {
  const { room, after, epoch, beat } = querySchema.parse(query)
  checkCounts({ room, after, epoch })
  const names = room.length > 0 ? room : await rooms.names()
  const logs = await Promise.all(names.map(name => findRoom(rooms, name)))
  const wishes = logs.map((log, i) => {
    const offset = after[i]
    return { log, cursor: offset === undefined ? undefined : { epoch: epoch[i] ?? log.head.epoch, offset } }
  })
  return { wishes, hasBeat: beat !== undefined }
}

function checkCounts({ room, after, epoch }: Record<'room' | 'after' | 'epoch', unknown[]>): void {
  if (new Set(room).size < room.length) throw new RequestError(400, 'bad_request', 'room: name each room once')
  if (after.length !== 0 && after.length !== room.length)
    throw new RequestError(400, 'bad_request', 'after: give one for every room=, in the same order')
  if (epoch.length !== 0 && epoch.length !== after.length)
    throw new RequestError(400, 'bad_request', 'epoch: give one for every after=, in the same order')
}

async function follow(socket: WebSocket, { wishes, hasBeat }: Following, stallMs: number): Promise<void> {
  const gone = new AbortController()
  const writer = new PacedWriter({
    write: (frame, done) => socket.send(frame, done),
    onStalled: () => socket.terminate(),
    stallMs,
  })
  const stopHeartbeat = startHeartbeat(socket, writer, stallMs)
  const beats = hasBeat ? setInterval(() => writer.isFull || writer.send(beat), beatMs) : undefined
  socket.once('close', () => {
    gone.abort()
    writer.close()
    stopHeartbeat()
    clearInterval(beats)
  })
  const follower = new LogFollower(writer)
  for (const { log, cursor } of wishes) {
    const { epoch, head } = log.head
    writer.send(JSON.stringify({ t: 'head', room: log.room, epoch, head } satisfies LiveFrame))
    follower.follow(log, cursor)
  }
  await follower.run(gone.signal)
}

/**
 * A client that vanished without a word (its Wi-Fi, its battery) is noticed by the pongs that do not come. While the
 * writer is full, pings wait behind posts and only the writer can judge.
 */
function startHeartbeat(socket: WebSocket, writer: PacedWriter, stallMs: number): () => void {
  let heardAt = performance.now()
  socket.on('pong', () => {
    heardAt = performance.now()
  })
  const timer = setInterval(() => {
    if (!writer.isFull && performance.now() - heardAt > stallMs) socket.terminate()
    else socket.ping()
  }, stallMs / 3)
  return () => clearInterval(timer)
}
