// The rooms a server gives its clients, by name.
import { RequestError } from '../errors.ts'
import type { PostLog } from '../post-log.ts'

export interface RoomDirectory {
  names(): string[] | Promise<string[]>
  get(room: string): PostLog | undefined | Promise<PostLog | undefined>
  /** As people call it here; undefined where it has no name but its id. */
  title?(room: string): string | undefined
}

/** @throws RequestError 404 unknown_room */
export async function findRoom(rooms: RoomDirectory, room: string): Promise<PostLog> {
  const log = await rooms.get(room)
  if (log !== undefined) return log
  throw new RequestError(404, 'unknown_room', 'there is no such room here; GET /api/v1/rooms names the rooms')
}
