// The file of a room's key on the radio: 128 hex digits, for its owner only. Read, and replaced without a moment without.
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { identityFromPrivateKey, type RadioIdentity } from './radio/crypto.ts'

const keyDigits = /(?<![0-9a-f])[0-9a-f]{128}(?![0-9a-f])/gi
const publicDigits = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/i

/** As it stands in the file and in import texts. */
export function privateKeyText({ privateKey }: RadioIdentity): string {
  return Buffer.from(privateKey).toString('hex')
}

/** `key` of the config that names the file. @throws Error when it is not there, or holds no private key that nodes accept */
export function readRoomKey(path: string, key = 'room.identity'): RadioIdentity {
  const text = readFileSync(path, 'utf8').trim()
  try {
    return identityFromPrivateKey(/^[0-9a-f]{128}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(0))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${key}: ${path} must hold 128 hex digits, as a room server shows them: ${reason}`)
  }
}

/**
 * The one private key in what an operator copied from a room server's console, prompts and echo included.
 * @throws Error that says what was found instead, or why nodes would refuse the key
 */
export function privateKeyIn(text: string): RadioIdentity {
  const keys = new Set((text.match(keyDigits) ?? []).map(digits => digits.toLowerCase()))
  const [key] = keys
  if (key === undefined && publicDigits.test(text))
    throw new Error(
      'these are 64 hex digits, as a public key has; a private key has 128: take what "get prv.key" answers',
    )
  if (key === undefined)
    throw new Error('there are no 128 hex digits in a row: take what the room server answers to "get prv.key"')
  if (keys.size > 1) throw new Error(`there are ${keys.size} private keys; which one is the room's?`)
  return identityFromPrivateKey(Buffer.from(key, 'hex'))
}

/**
 * Puts the key in the place of what is there, which stays beside it under the name that is given back. Root gives the file
 * to the owner of its folder: it is the room server that has to read it. @throws Error when a file cannot be written
 */
export function replaceRoomKey(path: string, identity: RadioIdentity, now: Date): string | undefined {
  const folder = dirname(path)
  if (!existsSync(folder))
    throw new Error(`the folder ${folder} is not there: start the room server once, it makes it for its own user`)
  const owner = statSync(folder)
  const backup = existsSync(path) ? `${path}.old-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}` : undefined
  if (backup !== undefined) {
    copyFileSync(path, backup, constants.COPYFILE_EXCL)
    keepPrivate(backup, owner)
  }
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  const file = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(file, `${privateKeyText(identity)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  keepPrivate(temporary, owner)
  renameSync(temporary, path)
  return backup
}

function keepPrivate(path: string, { uid, gid }: { uid: number; gid: number }): void {
  chmodSync(path, 0o600)
  if (process.getuid?.() === 0) chownSync(path, uid, gid)
}
