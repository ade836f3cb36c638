// Commands of an admin by an app, at a server without a radio: what is about the room itself is answered as by radio.
import { RequestError } from '#common/errors.ts'
import { answerCommand } from '../room-server/admin-commands.ts'
import type { AdminContext } from '../room-server/admin-context.ts'
import { roomStats } from './app-requests.ts'
import type { AppRoom } from './app-room.ts'

export interface AppAdminParts {
  /** State of the links to other servers, a short line. */
  federation: () => string
  uptimeSeconds: () => number
  /** Unix ms. */
  now: () => number
}

const noAdverts = { zeroHopMs: 0, floodMs: 0 }
const noRadio: AdminContext['radio'] = {
  ...{ frequencyHz: 0, bandwidthHz: 0, spreadingFactor: 0, codingRate: 0, txPowerDbm: 0 },
  ...{ dutyCycle: 1, adverts: noAdverts, extraAcks: 0, hashBytes: 1 },
}

/** `admin`: key of the user, hex. @throws StoreUnavailableError */
export function answerWithoutRadio(
  { name, publicKey, position, settings, log }: AppRoom,
  text: string,
  { admin, federation, uptimeSeconds, now }: AppAdminParts & { admin: string },
): string {
  return answerCommand(text, {
    admin,
    room: { name, publicKey, position },
    settings,
    radio: noRadio,
    members: () => [],
    setPermission: refuse,
    add: refuse,
    remove: refuse,
    advertise: refuse,
    federation,
    stats: () => roomStats(log, uptimeSeconds()),
    now,
  })
}

function refuse(): never {
  throw new RequestError(409, 'no_radio', 'there is no radio')
}
