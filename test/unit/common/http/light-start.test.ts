// What a start must not load: on a Raspberry Pi every module that nobody uses is memory that somebody lacks.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const projectDir = fileURLToPath(new URL('../../../../', import.meta.url))
const loaded = 'process.stdout.write(JSON.stringify(process.moduleLoadList))'

test('the edge starts without an HTTP client', async () => {
  const script = `await import('#edge/edge.ts'); ${loaded}`
  const options = { cwd: projectDir, timeout: 20_000 }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options)
  const modules: string[] = JSON.parse(stdout)
  assert(modules.includes('NativeModule http'), 'the list of loaded modules has another form')
  assert.deepEqual(
    modules.filter(name => name.includes('undici')),
    [],
  )
})
