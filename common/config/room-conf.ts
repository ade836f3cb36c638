// The [room] and [[rooms]] of the edge's config: their keys with their limits, and the rules between them.
import { dirname, join } from 'node:path'
import type { z } from 'zod'
import { roomSchema } from '../post.ts'
import { nameBytesMax } from '../post-text.ts'
import { resolvePath } from './conf-files.ts'
import type { RuleContext } from './conf-rules.ts'
import { defaultName, filePath, flag, password, plainText, section, shownName, whole } from './conf-values.ts'
import { checkPosition, positionKeys } from './position-conf.ts'

export const roomSection = section({
  name: shownName(nameBytesMax).optional(),
  federate_as: plainText().pipe(roomSchema).default('main'),
  admin_password: password().optional(),
  guest_password: password().optional(),
  allow_read_only: flag().default(false),
  retention_days: whole(1, 3650).default(30),
  author_posts_per_minute: whole(0, 10_000).default(10),
  identity: filePath().optional(),
  rf: flag().default(true),
  ...positionKeys,
})

type RoomValues = z.output<typeof roomSection>

export interface RoomConf {
  /** Shown to people and on the radio, at most 32 bytes. */
  name: string
  /** The room's id, the same in every city. */
  federateAs: string
  /** 1 to 15 bytes of UTF-8, like the guest password; without it nobody can log in as admin by radio. */
  adminPassword?: string | undefined
  guestPassword?: string | undefined
  allowReadOnly: boolean
  retentionDays: number
  /** So many of one author are taken here, at once or spread; 0: without a limit. */
  authorPostsPerMinute: number
  /** File of the key that the room has on the radio; it need not exist yet. */
  identityPath: string
  /** False: the room is not on the air, whatever is said at run time. */
  rf: boolean
  /** In adverts; degrees. */
  position?: { latitude: number; longitude: number } | undefined
}

interface RoomSections {
  room?: RoomValues | undefined
  rooms?: RoomValues[] | undefined
  storage: { path: string }
}

/** One [room], several [[rooms]], or neither: then one room that is all defaults. */
export function checkRooms(context: RuleContext, { room, rooms, storage }: RoomSections): RoomConf[] {
  const { faults, file } = context
  if (room !== undefined && rooms !== undefined) faults.add(['rooms'], 'write either one [room] or several [[rooms]]')
  const several = rooms !== undefined && rooms.length > 0
  const given = several ? rooms : [room ?? roomSection.parse({})]
  const seen = new Set<string>()
  return given.map((values, index) => {
    const path = several ? ['rooms', index] : ['room']
    const { admin_password: admin, guest_password: guest, federate_as: id } = values
    if (admin !== undefined && admin === guest)
      faults.add([...path, 'guest_password'], 'must differ from admin_password')
    if (seen.has(id)) faults.add([...path, 'federate_as'], 'is the id of another room above; each needs its own')
    seen.add(id)
    const position = checkPosition(context, path, values)
    return { ...roomFromValues(values, { file, storagePath: storage.path }), position }
  })
}

function roomFromValues(values: RoomValues, { file, storagePath }: { file: string; storagePath: string }): RoomConf {
  const identity = values.identity ?? join(dirname(storagePath), `room-${values.federate_as}.key`)
  return {
    name: values.name ?? defaultName(nameBytesMax),
    federateAs: values.federate_as,
    adminPassword: values.admin_password,
    guestPassword: values.guest_password,
    allowReadOnly: values.allow_read_only,
    retentionDays: values.retention_days,
    authorPostsPerMinute: values.author_posts_per_minute,
    identityPath: resolvePath(file, identity),
    rf: values.rf,
  }
}
