// Where members are answered who come by an app, and not by radio: the same answers, without packets.
import type { ServerStats } from '../radio/requests.ts'
import type { Reading } from '../radio/telemetry.ts'
import type { Member } from './member.ts'

export interface RoomDesk {
  /** The answer to a command of an admin; `admin`: his key, hex. @throws StoreUnavailableError */
  command(text: string, admin: string): string
  stats(): ServerStats
  readings(): readonly Reading[]
  /** On the radio. */
  members(): readonly Member[]
}
