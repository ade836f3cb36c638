// Taking over a room's key: what is read from what an operator copied, and what is then on the disk.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, chown, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { realFiles } from '#common/config/conf-files.ts'
import { parseEdgeConf } from '#common/config/edge-conf.ts'
import { identityCommand, importIdentityCommand } from '#edge/commands/identity-commands.ts'
import { newIdentity, type RadioIdentity } from '#edge/radio/crypto.ts'
import { privateKeyIn, privateKeyText, readRoomKey, replaceRoomKey } from '#edge/room-key-file.ts'

const old = newIdentity()
const hex = privateKeyText(old)
const publicHex = ({ publicKey }: RadioIdentity) => Buffer.from(publicKey).toString('hex')

for (const [what, text] of [
  ['the digits', hex],
  ['upper case, as the firmware prints it', `${hex.toUpperCase()}\r\n`],
  ['with the prompts of the console', `get prv.key\r\n  -> > ${hex.toUpperCase()}\r\n`],
  ['with the answer alone', `> ${hex}`],
  ['twice the same', `${hex}\n${hex.toUpperCase()}\n`],
  ['beside the public key', `{"public_key":"${publicHex(old)}","private_key":"${hex}"}`],
] as const)
  test(`read: ${what}`, () => {
    assert.equal(publicHex(privateKeyIn(text)), publicHex(old))
  })

test('refused: what is no private key that nodes accept, and why', () => {
  const refused = (text: string, why: RegExp) => assert.throws(() => privateKeyIn(text), why)
  refused('', /no 128 hex digits in a row/)
  refused(hex.slice(1), /no 128 hex digits in a row/)
  refused(`${hex}0`, /no 128 hex digits in a row/)
  refused(`> ${publicHex(old)}`, /64 hex digits, as a public key has; a private key has 128/)
  refused(`${hex}\n${privateKeyText(newIdentity())}`, /2 private keys/)
  refused('f'.repeat(128), /not a private key of MeshCore/)
  refused('00'.repeat(64), /not a private key of MeshCore/)
  refused(reservedKey(), /public keys that begin with 00 or ff/)
})

/** In order but for its public key; found by trying one number after the other. */
function reservedKey(): string {
  const expanded = createHash('sha512').update('80').digest()
  expanded[0] = (expanded[0] ?? 0) & 248
  expanded[31] = ((expanded[31] ?? 0) & 63) | 64
  return expanded.toString('hex')
}

test('the new key is there for its owner only, the old one stays beside it', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-key-'))
  const path = join(folder.path, 'room-main.key')
  // Root gives it to whom the folder belongs: that is the room server's user.
  const uid = process.getuid?.() === 0 ? 12_345 : process.getuid?.()
  if (uid !== undefined) await chown(folder.path, uid, (await stat(folder.path)).gid)
  const now = new Date('2026-01-02T03:04:05.678Z')
  assert.equal(replaceRoomKey(path, old, now), undefined)
  assert.equal(publicHex(readRoomKey(path)), publicHex(old))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await chmod(path, 0o644)
  const next = newIdentity()
  const backup = replaceRoomKey(path, next, now)
  assert.equal(backup, `${path}.old-20260102T030405Z`)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await stat(backup ?? '')).mode & 0o777, 0o600)
  for (const file of [path, backup ?? '']) assert.equal((await stat(file)).uid, uid)
  assert.equal(publicHex(readRoomKey(path)), publicHex(next))
  assert.equal(publicHex(readRoomKey(backup ?? '')), publicHex(old))
  assert.deepEqual((await readdir(folder.path)).sort(), ['room-main.key', 'room-main.key.old-20260102T030405Z'])
  assert.throws(() => replaceRoomKey(join(folder.path, 'none', 'room.key'), old, now), /start the room server once/)
})

async function commandIn(folder: string, words: readonly string[], { input = '', conf = '' } = {}): Promise<string> {
  const text = `[storage]\npath = "${folder}/room.db"\n[federation]\nenabled = false\nstatus_endpoint = false\n${conf}`
  const [name = '', ...rest] = words
  let said = ''
  const command = name === 'identity' ? identityCommand : importIdentityCommand
  await command({
    conf: parseEdgeConf(text, join(folder, 'room.conf'), realFiles),
    words: rest,
    print: line => {
      said += line
    },
    stdin: Readable.from([input]),
  })
  return said
}

test('import-identity and identity, as the operator sees them', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-key-'))
  const { path } = folder
  assert.equal(
    await commandIn(path, ['identity']),
    'room "main" has no key yet: it is made at the first start with a radio\n',
  )
  const conf = '[room]\nname = "Öst & co"\n'
  const first = await commandIn(path, ['import-identity', '-'], { input: `  -> > ${hex}\r\n`, conf })
  const shown = `room "main": public key ${publicHex(old)}\nmeshcore://contact/add?name=%C3%96st+%26+co&public_key=${publicHex(old)}&type=3\n`
  assert.ok(first.startsWith(shown), first)
  assert.match(first, /It is used from the next start on\.\n$/)
  assert.equal(await commandIn(path, ['identity'], { conf }), shown)
  assert.match(await commandIn(path, ['import-identity', '-'], { input: hex }), /nothing was changed\n$/)
  const file = join(path, 'old.txt')
  await writeFile(file, privateKeyText(newIdentity()))
  assert.match(await commandIn(path, ['import-identity', file]), /until now is in .*room-main\.key\.old-\d{8}T\d{6}Z\n/)
  assert.doesNotMatch(await readFile(join(path, 'room-main.key'), 'utf8'), new RegExp(hex))
})

test('import-identity refuses what would do harm, and changes nothing', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mcfed-key-'))
  const { path } = folder
  const conf = '[[rooms]]\nfederate_as = "one"\n[[rooms]]\nfederate_as = "two"\n'
  const give = (input: string, ...words: string[]) => commandIn(path, ['import-identity', ...words], { input, conf })
  await assert.rejects(give(hex, '-'), /say which room with --room: one, two/)
  await assert.rejects(give(hex, '--room', 'three', '-'), /there is no room "three"/)
  await assert.rejects(give(hex, '--room', 'one'), /give one file with the private key, or -/)
  await assert.rejects(give('x'.repeat(70_000), '--room', 'one', '-'), /too long to be a key/)
  await give(hex, '--room', 'one', '-')
  await assert.rejects(give(hex, '--room', 'two', '-'), /room "one" has this key; each room needs its own/)
  assert.deepEqual(await readdir(path), ['room-one.key'])
})
