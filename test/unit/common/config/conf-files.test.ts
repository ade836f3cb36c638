// The checks on files, on real ones: kinds, permissions, and what is in them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  identityProblem,
  isWorldReadable,
  readCertificates,
  readConfText,
  readPrivateKey,
  realFiles,
} from '#common/config/conf-files.ts'
import { readEdgeConf } from '#common/config/edge-conf.ts'
import { readHubConf } from '#common/config/hub-conf.ts'
import { faultsOf, identityPem, otherKey, pair, secret } from './fake-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'conf-files-'))
after(() => rmSync(folder, { recursive: true }))

function put(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

function problemOf(result: { pem: string } | { problem: string }): string {
  return 'problem' in result ? result.problem : ''
}

test('a private key for its owner only', () => {
  assert.deepEqual(readPrivateKey(put('own.key', pair.key), realFiles), { pem: pair.key })
  assert.deepEqual(readPrivateKey(put('own.key', pair.key, 0o400), realFiles), { pem: pair.key })
})

for (const mode of [0o644, 0o604, 0o640, 0o620, 0o602]) {
  test(`a private key with mode ${mode.toString(8)} is refused, with the command that mends it`, () => {
    const path = put('open.key', pair.key, mode)
    const problem = problemOf(readPrivateKey(path, realFiles))
    assert.match(problem, new RegExp(`mode 0${mode.toString(8)}`))
    assert.ok(problem.endsWith(`chmod 600 ${path}`))
  })
}

test("root's key may be lent to our group, as Kubernetes mounts a secret, and to nobody else", () => {
  const lent = (mode: number) => ({ read: () => ({ bytes: Buffer.from(pair.key), mode, lentByRoot: true }) })
  for (const mode of [0o400, 0o440, 0o640]) assert.deepEqual(readPrivateKey('/a.key', lent(mode)), { pem: pair.key })
  for (const mode of [0o444, 0o460, 0o644])
    assert.match(problemOf(readPrivateKey('/a.key', lent(mode))), /open to other/)
})

test('files that are missing, folders, pipes, too big, or something else', () => {
  assert.match(problemOf(readPrivateKey(join(folder, 'none.key'), realFiles)), /none\.key does not exist/)
  assert.match(problemOf(readPrivateKey(join(put('file', ''), 'below'), realFiles)), /does not exist/)
  assert.match(problemOf(readCertificates(folder, realFiles)), /not a regular file/)
  execFileSync('mkfifo', [join(folder, 'pipe')])
  assert.match(problemOf(readCertificates(join(folder, 'pipe'), realFiles)), /not a regular file/)
  assert.match(problemOf(readCertificates(put('big', new Uint8Array(1024 * 1024 + 1)), realFiles)), /larger than/)
  assert.match(problemOf(readCertificates('a\0b', realFiles)), /cannot be read/)
  assert.match(problemOf(readCertificates(put('key.crt', pair.key), realFiles)), /holds no certificate/)
  assert.match(problemOf(readPrivateKey(put('cert.key', pair.cert), realFiles)), /holds no private key/)
  const damaged = pair.cert.replace(/\n[A-Za-z0-9+/]{20}/, '\n')
  assert.match(problemOf(readCertificates(put('damaged.crt', damaged), realFiles)), /damaged certificate/)
})

test('every certificate of a bundle is looked at', () => {
  const damaged = pair.cert.replace(/\n[A-Za-z0-9+/]{20}/, '\n')
  assert.equal(problemOf(readCertificates(put('two.crt', pair.cert + pair.cert), realFiles)), '')
  assert.match(problemOf(readCertificates(put('half.crt', pair.cert + damaged), realFiles)), /damaged certificate/)
})

test('a key with a passphrase is refused', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  assert.match(problemOf(readPrivateKey(put('locked.key', encrypted), realFiles)), /passphrase/)
})

test('an identity is an Ed25519 key', () => {
  assert.equal(identityProblem(put('identity.pem', identityPem), realFiles), undefined)
  assert.match(identityProblem(put('ec.pem', pair.key), realFiles) ?? '', /not an Ed25519 key/)
  assert.match(identityProblem(put('open.pem', identityPem, 0o644), realFiles) ?? '', /chmod 600/)
  assert.match(identityProblem(join(folder, 'none.pem'), realFiles) ?? '', /does not exist.*openssl genpkey/)
})

test('a config that is missing or not UTF-8 is one fault', () => {
  const missing = join(folder, 'none.conf')
  assert.deepEqual(
    faultsOf(() => readEdgeConf(missing)),
    [{ file: missing, line: 1, key: 'file', reason: 'does not exist' }],
  )
  const latin = put('latin.conf', Uint8Array.of(0x61, 0xe9))
  assert.match(faultsOf(() => readConfText(latin, realFiles))[0]?.reason ?? '', /UTF-8/)
})

test('who may read a config', () => {
  assert.equal(isWorldReadable(put('a.conf', '', 0o640), realFiles), false)
  assert.equal(isWorldReadable(put('a.conf', '', 0o604), realFiles), true)
})

test('both configs from real files, with paths relative to the config', () => {
  put('server.crt', pair.cert, 0o644)
  put('server.key', pair.key)
  const tls = 'tls_cert = ./server.crt\ntls_key = server.key\n'.replace('= server.key', '= "server.key"')
  const edge = readEdgeConf(put('room.conf', `[federation]\nfederation_secret = "${secret}"\n${tls}`))
  assert.deepEqual(edge.federation?.tls, pair)
  assert.deepEqual(edge.warnings, [])
  const hub = readHubConf(put('hub.conf', `federation_secret = "${secret}"\ndata_dir = "data"\n${tls}`, 0o644))
  assert.deepEqual(hub.tls, pair)
  assert.equal(hub.dataDir, join(folder, 'data'))
  assert.match(hub.warnings.join(), /every user of this machine may read it.*chmod 640/)
  put('server.key', otherKey)
  assert.match(faultsOf(() => readHubConf(join(folder, 'hub.conf')))[0]?.reason ?? '', /does not belong to tls_cert/)
})
