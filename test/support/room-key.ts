// The key of a room on the radio, as nodes have it among their contacts.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityFromPrivateKey } from '#edge/radio/crypto.ts'
import { type EdgeProgram, testRoom } from './programs.ts'

/** Public key, 32 bytes. The edge must have started. */
export async function roomKey({ dir }: EdgeProgram, room = testRoom): Promise<Uint8Array> {
  const text = await readFile(join(dir, 'data', `room-${room}.key`), 'utf8')
  return identityFromPrivateKey(Buffer.from(text.trim(), 'hex')).publicKey
}
