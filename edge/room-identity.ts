// The key of a room on the radio, in a file of its own: members keep their contact as long as it stays.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RoomConf } from '#common/config/room-conf.ts'
import { makeDataFolder } from '#common/data-folder.ts'
import type { Log } from '#common/log.ts'
import { identityFromPrivateKey, newIdentity, type RadioIdentity } from './radio/crypto.ts'

/** Made at the first start. @throws Error when the file cannot be written, or holds no private key */
export function loadRoomIdentity(
  { identityPath, federateAs }: Pick<RoomConf, 'identityPath' | 'federateAs'>,
  log: Log,
): RadioIdentity {
  if (!existsSync(identityPath)) {
    makeDataFolder(dirname(identityPath), 'room.identity')
    const { privateKey } = newIdentity()
    writeFileSync(identityPath, `${Buffer.from(privateKey).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
    log.info(`A new key for room "${federateAs}" on the radio was made: ${identityPath}; keep a copy`)
  }
  const text = readFileSync(identityPath, 'utf8').trim()
  try {
    return identityFromPrivateKey(/^[0-9a-f]{128}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(0))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`room.identity: ${identityPath} must hold 128 hex digits, as a room server shows them: ${reason}`)
  }
}
