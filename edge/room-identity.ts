// The key of a room on the radio, in a file of its own: members keep their contact as long as it stays.
import { existsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RoomConf } from '#common/config/room-conf.ts'
import { makeDataFolder } from '#common/data-folder.ts'
import type { Log } from '#common/log.ts'
import { nodeType } from './radio/adverts.ts'
import { newIdentity, type RadioIdentity } from './radio/crypto.ts'
import { privateKeyText, readRoomKey } from './room-key-file.ts'

/** Made at the first start. @throws Error when the file cannot be written, or holds no private key */
export function loadRoomIdentity(
  { identityPath: path, federateAs }: Pick<RoomConf, 'identityPath' | 'federateAs'>,
  log: Log,
): RadioIdentity {
  return loadRadioKey({ path, key: 'room.identity', whose: `room "${federateAs}" on the radio` }, log)
}

export interface RadioKeyFile {
  path: string
  /** Of the config. */
  key: string
  /** For the log. */
  whose: string
}

/** As loadRoomIdentity, for anybody with such a key. */
export function loadRadioKey({ path, key, whose }: RadioKeyFile, log: Log): RadioIdentity {
  if (!existsSync(path)) {
    makeDataFolder(dirname(path), key)
    writeFileSync(path, `${privateKeyText(newIdentity())}\n`, { mode: 0o600, flag: 'wx' })
    log.info(`A new key for ${whose} was made: ${path}; keep a copy`)
  }
  return readRoomKey(path, key)
}

/** What apps take for a contact, typed or as a QR code. Source: the firmware's docs/qr_codes.md. */
export function contactLink(name: string, { publicKey }: RadioIdentity): string {
  const fields = { name, public_key: Buffer.from(publicKey).toString('hex'), type: String(nodeType.room) }
  return `meshcore://contact/add?${new URLSearchParams(fields)}`
}
