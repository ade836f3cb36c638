// Rooms looked after over HTTP: what is set at run time, and setting it. For this machine and holders of the api_token.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { RequestError } from '#common/errors.ts'
import { type AccessCheck, requireRight } from '#common/http/access.ts'
import type { RoomSettings, SettingsReport } from './room-settings.ts'

export interface RoomAdminOptions {
  settings: ReadonlyMap<string, RoomSettings>
  access: AccessCheck
}

type RoomRequest = FastifyRequest<{ Params: { room: string } }>

const who = z.string('must be a text').max(200, 'is too long')
const changeSchema = z.union(
  [z.strictObject({ rf: z.boolean() }), z.strictObject({ block: who }), z.strictObject({ unblock: who })],
  'must be one of {"rf": true or false}, {"block": key or "name:…"}, {"unblock": the same}',
)

/** `GET` and `PATCH /api/v1/rooms/:room/settings`; both answer with the settings as they are then. */
export async function roomAdminRoutes(app: FastifyInstance, { settings, access }: RoomAdminOptions): Promise<void> {
  app.get('/api/v1/rooms/:room/settings', async (request: RoomRequest) => {
    await requireRight(access, request, 'isAdmin')
    return report(settingsOf(settings, request))
  })

  app.patch('/api/v1/rooms/:room/settings', async (request: RoomRequest) => {
    const { who: by } = await requireRight(access, request, 'isAdmin')
    const room = settingsOf(settings, request)
    const change = changeSchema.parse(request.body)
    if ('rf' in change) room.setOnAir(change.rf, by)
    else if ('block' in change) room.block(change.block, by)
    else room.unblock(change.unblock, by)
    return report(room)
  })
}

function settingsOf(settings: RoomAdminOptions['settings'], { params: { room } }: RoomRequest): RoomSettings {
  const found = settings.get(room)
  if (found === undefined) throw new RequestError(404, 'unknown_room', `there is no room "${room}" here`)
  return found
}

function report(settings: RoomSettings): SettingsReport & { room: string } {
  return { room: settings.room, ...settings.report() }
}
