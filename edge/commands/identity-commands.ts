// `meshcore-room identity` and `import-identity`: by which keys the rooms are known on the radio, and taking over another's.
import { existsSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import type { RoomConf } from '#common/config/room-conf.ts'
import { parseWords, refuseWords, UsageError } from '#common/program.ts'
import type { RadioIdentity } from '../radio/crypto.ts'
import { contactLink } from '../room-identity.ts'
import { privateKeyIn, readRoomKey, replaceRoomKey } from '../room-key-file.ts'
import { type CommandIo, isRunning, roomConfOf } from './room-api.ts'

const inputBytesMax = 65_536

/** Reads the key files; the room server need not run. */
export async function identityCommand({ conf, words, print }: CommandIo): Promise<number> {
  refuseWords('identity', words)
  for (const room of conf.rooms) {
    if (existsSync(room.identityPath)) print(describe(room, readRoomKey(room.identityPath)))
    else print(`room "${room.federateAs}" has no key yet: it is made at the first start with a radio\n`)
  }
  return 0
}

/** `import-identity [--room ROOM] FILE|-`. The running server goes on with the old key until it is restarted. */
export async function importIdentityCommand({ conf, words, print, stdin }: CommandIo): Promise<number> {
  const { room: asked, file } = readWords(words)
  const room = roomConfOf(conf, asked)
  const identity = privateKeyIn(file === '-' ? await readAll(stdin) : readText(file))
  refuseTwins(conf, room, identity)
  if (hasKey(room, identity)) {
    print(`${describe(room, identity)}it has this key already; nothing was changed\n`)
    return 0
  }
  const backup = replaceRoomKey(room.identityPath, identity, new Date())
  print(describe(room, identity))
  print('Compare the key with the one that the app shows for the contact of the room.\n')
  if (backup !== undefined) print(`The key it had until now is in ${backup}\n`)
  const running = await isRunning(conf)
  print(running ? 'The room server runs with the old key: restart it now.\n' : 'It is used from the next start on.\n')
  return 0
}

function describe({ name, federateAs }: RoomConf, identity: RadioIdentity): string {
  const key = Buffer.from(identity.publicKey).toString('hex')
  return `room "${federateAs}": public key ${key}\n${contactLink(name, identity)}\n`
}

/** Two rooms of one key on one radio would both answer. */
function refuseTwins({ rooms }: EdgeConf, room: RoomConf, identity: RadioIdentity): void {
  const twin = rooms.find(other => other !== room && hasKey(other, identity))
  if (twin !== undefined) throw new Error(`room "${twin.federateAs}" has this key; each room needs its own`)
}

/** What cannot be read is another key: it is kept, and replaced. */
function hasKey({ identityPath }: RoomConf, { publicKey }: RadioIdentity): boolean {
  try {
    return Buffer.from(publicKey).equals(readRoomKey(identityPath).publicKey)
  } catch {
    return false
  }
}

function readText(path: string): string {
  const text = readFileSync(path, 'utf8')
  if (text.length > inputBytesMax) throw new Error(`${path} is too long to be a key`)
  return text
}

async function readAll(stdin: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.length > inputBytesMax) throw new Error('what was given is too long to be a key')
  }
  return text
}

function readWords(words: readonly string[]): { room: string | undefined; file: string } {
  const options = { room: { type: 'string' } } as const
  const { values, positionals } = parseWords(words, { options, allowPositionals: true })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0)
    throw new UsageError('give one file with the private key, or - to read it from standard input')
  return { room: values.room, file }
}
