// A hub in the process of the test, without Redis, with a certificate of the tests' authority.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { realFiles } from '#common/config/conf-files.ts'
import { parseHubConf } from '#common/config/hub-conf.ts'
import { createLog, type Log } from '#common/log.ts'
import { type RunningHub, startHub } from '#hub/app.ts'
import { makeCertificate, testAuthority } from './certificates.ts'
import { testSecret } from './programs.ts'

export interface HubInProcess extends RunningHub {
  dataDir: string
  log: Log
  lines: readonly string[]
}

/** `conf`: lines of hub.conf. Stopped with the test. */
export async function hubInProcess(t: TestContext, conf = ''): Promise<HubInProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'mcfed-hub-'))
  const { cert, key } = makeCertificate({ names: ['127.0.0.1'], ca: testAuthority() })
  writeFileSync(join(dir, 'tls.crt'), cert)
  writeFileSync(join(dir, 'tls.key'), key, { mode: 0o600 })
  const text = `listen = "127.0.0.1:0"
tls_cert = "tls.crt"
tls_key = "tls.key"
data_dir = "data"
federation_secret = "${testSecret}"
${conf}`
  const lines: string[] = []
  const log = createLog({ json: false, write: line => lines.push(line) })
  const hub = await startHub(parseHubConf(text, join(dir, 'hub.conf'), realFiles), log, new AbortController().signal)
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= hub.stop()
    return stopped
  }
  t.after(async () => {
    await stop()
    rmSync(dir, { recursive: true })
  })
  return { port: hub.port, stop, dataDir: join(dir, 'data'), log, lines }
}
