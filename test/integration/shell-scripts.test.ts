// shellcheck finds nothing in the scripts that users and tests run.
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { test } from 'node:test'

const cwd = new URL('../../', import.meta.url).pathname
const sourced = ['infra/install-lib.sh', 'infra/install-steps.sh']

for (const script of globSync('{infra,test/support}/*.sh', { cwd, exclude: sourced }).sort())
  test(script, () => {
    // -x: with what it sources.
    execFileSync('shellcheck', ['-x', script], { cwd, stdio: ['ignore', 'inherit', 'inherit'], timeout: 30_000 })
  })
