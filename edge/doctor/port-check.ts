// May the room server listen where its config says? Looked at only while it does not run.
import { createServer } from 'node:net'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import { type Finding, sayer } from './finding.ts'

export interface OwnPort {
  key: string
  host: string
  port: number
}

/** Those that are off are left out. */
export function ownPorts({ federation, status, clients }: EdgeConf): OwnPort[] {
  const apps = clients.apps.map(({ host, port }) => ({ key: 'port of [[clients.apps]]', host, port }))
  return [
    ...(federation?.tls === undefined ? [] : [{ key: 'federation_port', ...federation.listen }]),
    ...(status === undefined ? [] : [{ key: 'status_port', ...status }]),
    ...(clients.linesPort === 0 ? [] : [{ key: 'lines_port', host: clients.linesHost, port: clients.linesPort }]),
    ...apps,
  ]
}

/** Takes each port for a moment. */
export async function portFindings(ports: readonly OwnPort[]): Promise<Finding[]> {
  const say = sayer('ports', 'port ')
  const codes = await Promise.all(ports.map(tryPort))
  const findings = ports.flatMap(({ key, host, port }, index) => {
    const code = codes[index]
    if (code === undefined) return []
    if (code === 'EADDRINUSE') {
      const advice = `see which: ss -ltnp "sport = :${port}"; end it, or set another ${key}`
      return [say.fault(`${port}: another program has it, the room server cannot start`, advice)]
    }
    if (code === 'EACCES') return [say.fault(`${port}: is not for every user`, `set ${key} to a port above 1023`)]
    if (code === 'EADDRNOTAVAIL')
      return [say.fault(`${port}: this machine has no address ${host}`, `set the host beside ${key} to "0.0.0.0"`)]
    return [say.fault(`${port}: cannot be listened on (${code})`, `set another ${key}`)]
  })
  if (findings.length > 0 || ports.length === 0) return findings
  return [sayer('ports', 'ports: ').ok(`${ports.map(({ port }) => port).join(', ')} are free for the room server`)]
}

function tryPort({ host, port }: OwnPort): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
