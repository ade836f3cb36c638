// `meshcore-room keygen` as an operator runs it: before there is a config, twice by mistake, and to replace what ends.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { chown, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificateFacts } from '#common/certificate-facts.ts'
import { realFiles } from '#common/config/conf-files.ts'
import { parseEdgeConf } from '#common/config/edge-conf.ts'
import { runToEnd } from '#test/support/program.ts'

const folderNow = () => mkdtempDisposable(join(tmpdir(), 'mcfed-keygen-'))
const keygen = (...words: string[]) => runToEnd('edge/main.ts', ['keygen', ...words])
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test('what it prints and writes is a config that loads; nothing need be there before', async () => {
  await using folder = await folderNow()
  const dir = join(folder.path, 'meshcore', 'tls')
  const names = ['--name', 'a.example.com', '--name', '192.0.2.7', '--name', '2001:db8::7']
  const { code, out, err } = await keygen('--dir', dir, ...names, '--days', '90', '--config', '/nowhere/room.conf')
  assert.deepEqual([code, err], [0, ''])
  const conf = out.split('\n').filter(line => /^[a-z_]+ = /.test(line))
  assert.equal(conf.length, 3)
  const file = join(folder.path, 'room.conf')
  const { federation, warnings } = parseEdgeConf(`[federation]\n${conf.join('\n')}\n`, file, realFiles)
  assert.deepEqual(warnings, [])
  const cert = await readFile(join(dir, 'server.crt'), 'utf8')
  assert.equal(federation?.tls?.cert, cert)
  const x509 = new X509Certificate(cert)
  assert.equal(x509.subject, 'CN=a.example.com')
  assert.equal(x509.subjectAltName, 'DNS:a.example.com, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7')
  const { pin, validTo } = certificateFacts(cert)
  assert.ok(out.split('\n').includes(pin), out)
  assert.ok(out.includes(`ends on ${validTo.slice(0, 10)}`), out)
  const days = (Date.parse(validTo) - Date.now()) / 86_400_000
  assert.ok(days > 89 && days <= 90, `${days}`)
  assert.deepEqual((await readdir(dir)).sort(), ['server.crt', 'server.key'])
  assert.deepEqual(await Promise.all(['server.crt', 'server.key'].map(name => modeOf(join(dir, name)))), ['644', '600'])
})

test('what is there is replaced only when asked for, and stays beside the new one', async () => {
  await using folder = await folderNow()
  const dir = folder.path
  const uid = process.getuid?.() === 0 ? 12_345 : process.getuid?.()
  if (uid !== undefined) await chown(dir, uid, (await stat(dir)).gid)
  assert.equal((await keygen('--dir', dir)).code, 0)
  const older = await readFile(join(dir, 'server.key'), 'utf8')
  const refused = await keygen('--dir', dir)
  assert.deepEqual([refused.code, refused.out], [1, ''])
  assert.match(refused.err, /server\.key and .*server\.crt already: --force/)
  assert.equal(await readFile(join(dir, 'server.key'), 'utf8'), older)

  const { code, out } = await keygen('--dir', dir, '--force')
  assert.equal(code, 0)
  assert.doesNotMatch(out, /federation_secret|belong to root/)
  assert.match(out, /meshcore-room trust/)
  const files = (await readdir(dir)).sort()
  assert.deepEqual(
    files.map(name => name.replace(/\d{8}T\d{6}Z$/, 'then')),
    ['server.crt', 'server.crt.old-then', 'server.key', 'server.key.old-then'],
  )
  const [, , key = '', backup = ''] = files
  assert.equal(await readFile(join(dir, backup), 'utf8'), older)
  assert.notEqual(await readFile(join(dir, key), 'utf8'), older)
  for (const name of files) assert.equal((await stat(join(dir, name))).uid, uid, name)
  assert.deepEqual(await Promise.all([key, backup].map(name => modeOf(join(dir, name)))), ['600', '600'])
  const x509 = new X509Certificate(await readFile(join(dir, 'server.crt')))
  assert.ok(x509.verify(x509.publicKey))
})

test('half a pair counts as one: a key that a certificate was made for elsewhere must not be lost', async () => {
  await using folder = await folderNow()
  await writeFile(join(folder.path, 'server.key'), 'precious')
  const { code, err } = await keygen('--dir', folder.path)
  assert.equal(code, 1)
  assert.match(err, /there is \S*server\.key already/)
  assert.deepEqual(await readdir(folder.path), ['server.key'])
})

test('a secret alone, for scripts', async () => {
  const [first, second] = await Promise.all([keygen('--secret'), keygen('--secret')])
  for (const { code, out } of [first, second]) {
    assert.equal(code, 0)
    assert.match(out, /^[0-9a-f]{64}\n$/)
  }
  assert.notEqual(first.out, second.out)
})

test('what cannot be done is said plainly, and leaves nothing behind', async () => {
  await using folder = await folderNow()
  const dir = join(folder.path, 'tls')
  for (const [words, code, why] of [
    [['--dir', dir, '--name', 'a.example:5001'], 64, /neither a DNS name nor an IP address/],
    [['--dir', dir, '--name', ''], 64, /--name: must have 1 to 253 characters/],
    [['--dir', dir, '--days', '0'], 64, /--days: must be a whole number from 1 to 36500/],
    [['--dir', dir, '--days', '1e3'], 64, /--days/],
    [['--dir', ''], 64, /--dir needs a folder/],
    [['--secret', '--force'], 64, /give nothing else/],
    [['city-a'], 64, /city-a/],
    [['--dir', '/proc/none/tls'], 1, /cannot write in \/proc\/none\/tls: .*--dir/],
  ] as const) {
    const result = await keygen(...words)
    assert.deepEqual([result.code, result.out], [code, ''], words.join(' '))
    assert.match(result.err, why)
    assert.doesNotMatch(result.err, / {4}at /)
  }
  assert.deepEqual(await readdir(folder.path), [])
})
