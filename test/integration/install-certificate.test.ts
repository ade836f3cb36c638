// The certificate that install-hub.sh makes lies in a folder of the hub's own user, who may be somebody's by then.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const script = new URL('../../infra/install-hub.sh', import.meta.url)

test('links that lie in its place are not followed, and the key is private', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'install-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const [tls, victims] = [join(dir, 'tls'), join(dir, 'victims')]
  for (const folder of [tls, victims]) await mkdir(folder)
  for (const name of ['server.key', 'server.crt']) await symlink(join(victims, name), join(tls, name))
  const body = /^make_certificate\(\) \{\n[\s\S]*?^\}\n/m.exec(await readFile(script, 'utf8'))?.[0]
  assert.ok(body)
  const text = `set -euo pipefail; umask 022; conf_dir=${dir} user=$(id -un) domain=hub.example.com; ${body} make_certificate`
  await promisify(execFile)('bash', ['-c', text], { timeout: 10_000 })
  assert.deepEqual(await readdir(victims), [])
  assert.match(await readFile(join(tls, 'server.crt'), 'utf8'), /^-----BEGIN CERTIFICATE-----/)
  assert.equal((await stat(join(tls, 'server.key'))).mode & 0o777, 0o600)
})
