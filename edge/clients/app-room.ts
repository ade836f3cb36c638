// A room as MeshCore apps see it, and a user of such apps: each a key, a name and what belongs to it.
import type { AppConf } from '#common/config/apps-conf.ts'
import type { RoomConf } from '#common/config/room-conf.ts'
import type { Log } from '#common/log.ts'
import type { PostLog } from '#common/post-log.ts'
import type { Position } from '../radio/adverts.ts'
import type { RadioIdentity } from '../radio/crypto.ts'
import { loadRadioKey, loadRoomIdentity } from '../room-identity.ts'
import type { RoomDesk } from '../room-server/room-desk.ts'
import type { RoomRules } from '../room-server/room-rules.ts'
import { RoomSeconds } from '../room-server/room-seconds.ts'
import { AppAuthors } from './app-authors.ts'
import { type DeskParts, deskWithoutRadio } from './app-desk.ts'

export interface AppRoom {
  log: PostLog
  name: string
  /** Public key on the radio, 32 bytes: the contact of an app is the same by radio and by this. */
  publicKey: Uint8Array
  /** May change while it runs. */
  settings: RoomRules
  position: Position | undefined
  seconds: RoomSeconds
  authors: AppAuthors
  desk: RoomDesk
}

export interface AppUser {
  name: string
  /** Public key, 32 bytes; `key` is the same in hex. */
  publicKey: Uint8Array
  key: string
}

export interface AppRoomParts {
  postLog: PostLog
  settings: RoomRules
  /** Id of this server. */
  origin: string
  /** Where the room is served on the radio. */
  desk: RoomDesk | undefined
  aside: DeskParts
  log: Log
}

/** @throws Error when the room's key cannot be read or made */
export function appRoom(room: RoomConf, { postLog, settings, origin, desk, aside, log }: AppRoomParts): AppRoom {
  const known = {
    log: postLog,
    name: room.name,
    publicKey: loadRoomIdentity(room, log).publicKey,
    settings,
    position: room.position,
    seconds: new RoomSeconds(postLog),
    authors: new AppAuthors(postLog, origin),
  }
  return { ...known, desk: desk ?? deskWithoutRadio(known, aside) }
}

/** @throws Error when the user's key cannot be read or made */
export function appUser({ name, identityPath: path }: AppConf, log: Log): AppUser {
  const { publicKey }: RadioIdentity = loadRadioKey(
    { path, key: 'clients.apps.identity', whose: `app user "${name}"` },
    log,
  )
  return { name, publicKey, key: Buffer.from(publicKey).toString('hex') }
}
