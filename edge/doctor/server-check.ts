// How is the running room server, by its own words?
import type { EdgeConf } from '#common/config/edge-conf.ts'
import { type PeerStatus, type Status, statusSchema } from '#common/status.ts'
import { baseUrl } from '../commands/room-api.ts'
import { LateError } from './deadline.ts'
import { type Finding, sayer } from './finding.ts'
import { trustAdvice } from './peers-check.ts'

/** `foreign`: something else answers at the status port. `unasked`: the config has no status endpoint. */
export type ServerSeen =
  | { kind: 'running'; status: Status }
  | { kind: 'away' }
  | { kind: 'hung' }
  | { kind: 'foreign' }
  | { kind: 'unasked' }

const start = 'systemctl start meshcore-room; if it does not stay: journalctl -u meshcore-room -n 50'
const restart = 'systemctl restart meshcore-room'

export async function askServer(conf: EdgeConf, signal: AbortSignal): Promise<ServerSeen> {
  if (conf.status === undefined) return { kind: 'unasked' }
  const { apiToken } = conf.clients
  const headers = { ...(apiToken !== undefined && { authorization: `Bearer ${apiToken}` }) }
  try {
    const response = await fetch(`${baseUrl(conf)}/status`, { headers, signal })
    const status = statusSchema.safeParse(await response.json().catch(() => undefined))
    return status.success ? { kind: 'running', status: status.data } : { kind: 'foreign' }
  } catch (error) {
    const isLate = error instanceof LateError || signal.aborted
    return { kind: isLate ? 'hung' : isRefused(error) ? 'away' : 'foreign' }
  }
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return ['ECONNREFUSED', 'EADDRNOTAVAIL', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)
}

export function serverFindings(conf: EdgeConf, seen: ServerSeen, ownId: string | undefined): Finding[] {
  const say = sayer('server', 'room server: ')
  const port = conf.status?.port
  if (seen.kind === 'unasked') {
    const text = 'cannot be asked how it is: status_endpoint = false'
    return [say.warn(text, 'write status_endpoint = true in [federation], and restart it')]
  }
  if (seen.kind === 'away') return [say.fault('does not run', start)]
  if (seen.kind === 'hung') return [say.fault(`does not answer on port ${port} in time`, restart)]
  if (seen.kind === 'foreign') {
    const find = `ss -ltnp "sport = :${port}"`
    return [
      say.fault(
        `another program, or another version, answers on port ${port}`,
        `see which one: ${find}; then ${restart}`,
      ),
    ]
  }
  const { status } = seen
  if (ownId !== undefined && status.id !== ownId) {
    const text = `"${status.name}" answers on port ${port}, which is not the server of this config`
    return [say.fault(text, 'give the right config with --config, or set another status_port')]
  }
  const { name, version, uptimeSeconds, ready, reasons, peers } = status
  const first = ready
    ? say.ok(`"${name}" ${version} runs, up ${duration(uptimeSeconds)}`)
    : say.fault(
        `"${name}" runs and cannot store posts: ${reasons.join('; ')}`,
        `look at the disk below; then ${restart}`,
      )
  return [first, ...peers.map(peer => linkFinding(peer))]
}

function linkFinding({ name, id, role, state, since, lastError }: PeerStatus): Finding {
  const say = sayer('links', `link to ${role} "${name}": `)
  const long = duration(Math.max(0, (Date.now() - Date.parse(since)) / 1000))
  if (state === 'connected') return say.ok(`linked for ${long}`)
  if (state === 'standby') return say.ok(`stands by for ${long}, while the hub ships`)
  const why = lastError === null ? '' : `: ${lastError}`
  if (state === 'refused') return say.fault(`refused for ${long}${why}`, trustAdvice(name, id))
  const advice = `see the lines about ${role} "${name}" below; it is tried again by itself`
  return say.warn(`not linked for ${long}${why}`, advice)
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 120) return `${minutes} minutes`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
}
