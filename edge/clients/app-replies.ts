// What a room seems to have sent by radio: the answer to a login, and a text.
import type { CompanionReply } from '../radio/companion-replies.ts'
import { textType } from '../radio/texts.ts'
import { type Permission, permission } from '../room-server/member.ts'
import type { AppText } from './app-inbox.ts'

/** Of a key, by which apps know a contact. */
export const prefixBytes = 6
/** From this version of the protocol on an app knows the newer layout of texts. */
const newLayout = 3
/** As the firmware's room servers say of themselves. */
const firmwareLevel = 1

/** `now`: Unix ms. The flag is for apps that know nothing else: 1 admin, 2 may read only. */
export function loginSuccess(from: Uint8Array, granted: Permission, now: number): CompanionReply {
  const legacyFlag = granted === permission.admin ? 1 : granted === permission.readOnly ? 2 : 0
  const timestamp = Math.floor(now / 1000)
  return { kind: 'login-success', legacyFlag, from, timestamp, permission: granted, level: firmwareLevel }
}

/** `version`: of the protocol, as the app asked for it. */
export function textReply({ kind, room, second, author, text }: AppText, version: number): CompanionReply {
  const from = room.publicKey.subarray(0, prefixBytes)
  const authorPrefix = author === undefined ? room.publicKey.subarray(0, 4) : Buffer.from(author.slice(0, 8), 'hex')
  const words = { timestamp: second, text: Buffer.from(text) }
  const body =
    kind === 'answer' ? { type: textType.command, ...words } : { type: textType.signed, authorPrefix, ...words }
  const heard = { from, pathLength: null, body }
  return version < newLayout ? { kind: 'old-contact-text', ...heard } : { kind: 'contact-text', snrDb: 0, ...heard }
}
