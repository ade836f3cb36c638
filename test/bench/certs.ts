// A CA and a certificate for localhost, made once per run: the same for every broker.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Certs } from './broker.ts'

/** Makes EC P-256 keys and certificates in `dir` with the openssl command. */
export function makeCerts(dir: string): Certs {
  const file = (name: string) => join(dir, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const ca = file('ca.crt')
  const caKey = file('ca.key')
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, '-days', '30', '-subj', '/CN=bench CA')
  const certs = { ca, cert: file('server.crt'), key: file('server.key') }
  openssl('req', ...newKey, '-keyout', certs.key, '-out', file('server.csr'), '-subj', '/CN=localhost')
  writeFileSync(file('san.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '30', '-extfile', file('san.cnf')]
  openssl('x509', '-req', '-in', file('server.csr'), '-out', certs.cert, ...signing)
  return certs
}
