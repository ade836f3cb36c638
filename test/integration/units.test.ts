// The systemd units: no mistakes, as hardened as infra/README.md says, and of one mind with the programs.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { exitCodes } from '#common/program.ts'

const projectDir = new URL('../../', import.meta.url).pathname
const units = {
  'federation-hub': { exposureMax: 1.2, config: '/etc/federation-hub/hub.conf', state: 'federation-hub' },
  'meshcore-room': { exposureMax: 1.6, config: '/etc/meshcore/room.conf', state: 'meshcore' },
}
const analyze = (...words: string[]) =>
  execFileSync('systemd-analyze', words, { encoding: 'utf8', timeout: 20_000, env: { ...process.env, TERM: 'dumb' } })

for (const [name, { exposureMax, config, state }] of Object.entries(units)) {
  const path = join(projectDir, `infra/${name}.service`)
  const text = readFileSync(path, 'utf8')
  const values = (key: string) => [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value)

  test(`${name}.service has no mistakes`, () => {
    using dir = mkdtempDisposableSync(join(tmpdir(), 'mcfed-units-'))
    const copy = join(dir.path, `${name}.service`)
    // The command is not installed here, and that is all that may be wrong.
    writeFileSync(copy, text.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'))
    assert.equal(analyze('verify', copy), '')
  })

  test(`${name}.service is exposed by ${exposureMax} at most, as systemd counts`, () => {
    const said = analyze('security', '--offline=true', '--no-pager', `--threshold=${exposureMax * 10}`, path)
    const exposure = Number(/Overall exposure level.*: ([\d.]+)/.exec(said)?.[1])
    assert.ok(exposure > 0 && exposure <= exposureMax, `${exposure}`)
  })

  test(`${name}.service starts what the install script puts there`, () => {
    const program = `/usr/local/bin/${name} run --config ${config}`
    assert.deepEqual(values('ExecStart'), [program])
    assert.deepEqual(values('RestartPreventExitStatus'), [`${exitCodes.config}`])
    const script = readFileSync(
      join(projectDir, `infra/install-${name === 'meshcore-room' ? 'edge' : 'hub'}.sh`),
      'utf8',
    )
    for (const word of [
      `program=${name} `,
      `user=${values('User')[0]}\n`,
      `conf_file=${config}\n`,
      `state_dir=/var/lib/${state} `,
    ])
      assert.ok(script.includes(word), word)
    assert.deepEqual(values('StateDirectory'), [state])
    // V8 makes machine code while it runs.
    assert.deepEqual(values('MemoryDenyWriteExecute'), [])
  })
}
