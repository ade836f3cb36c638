// Which config is it, who reads it, and what does it say of itself?
import type { EdgeConf } from '#common/config/edge-conf.ts'
import type { ConfigError } from '#common/errors.ts'
import { type Finding, sayer } from './finding.ts'

export interface Reader {
  /** Who the doctor is run by. */
  user: string
  isRoot: boolean
  /** The owner of the data folder, when that is not root. */
  service: string | undefined
}

const say = sayer('config', 'config: ')

export function configFindings(conf: EdgeConf, reader: Reader, isRunning: boolean): Finding[] {
  const rooms = conf.rooms.map(({ federateAs }) => `"${federateAs}"`).join(', ')
  const findings = [say.ok(`${conf.file} has no faults (room ${rooms}), read by ${reader.user}`)]
  for (const warning of conf.warnings) {
    const [text, mend] = warning.split('; mend it with: ')
    findings.push(say.warn(text ?? warning, mend))
  }
  // A server that runs has read everything that it needs.
  if (reader.isRoot && reader.service !== undefined && !isRunning) {
    const text = `looked at by root, who may read every file; the room server runs as ${reader.service}, who may not`
    findings.push(say.warn(text, `runuser -u ${reader.service} -- meshcore-room doctor --config ${conf.file}`))
  }
  return [...findings, ...federationFindings(conf)]
}

/** Every fault at its place. */
export function configFaults({ faults }: ConfigError): Finding[] {
  return faults.map(({ file, line, key, reason }) =>
    say.fault(`${file}:${line}: ${key}: ${reason}`, adviceFor(key, file, line)),
  )
}

function adviceFor(key: string, file: string, line: number): string {
  if (key === 'file')
    return `is it the right one? Every key is explained in infra/room.conf.example; --config FILE takes another than ${file}`
  return `mend it: nano +${line} ${file}; then: systemctl restart meshcore-room`
}

function federationFindings({ federation }: EdgeConf): Finding[] {
  const off = sayer('federation', 'federation: ')
  if (federation === undefined) return [off.ok('is off: this server works alone')]
  const { hubs, peers, tls, listen } = federation
  if (hubs.length + peers.length > 0) return []
  // Without a certificate nobody can dial either, and the config warns of it.
  return tls === undefined
    ? []
    : [off.ok(`no hub and no peers: this server waits to be dialled on port ${listen.port}`)]
}
