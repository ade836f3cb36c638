// How is the running room server, by its own words?
import type { EdgeConf } from '#common/config/edge-conf.ts'
import { trustWords } from '#common/log-lines.ts'
import { isUp, type PeerStatus, type Status, statusSchema } from '#common/status.ts'
import { durationWords } from '#common/words.ts'
import { oneWayWords } from '../commands/peer-lines.ts'
import { baseUrl } from '../commands/room-api.ts'
import { LateError } from './deadline.ts'
import { type Finding, sayer } from './finding.ts'
import { oldSecretFindings } from './link-check.ts'
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
/** It reads the config a moment before it begins to count, and in full seconds. */
const startToleranceMs = 5000
const sameRoom = 'no post goes over it: is federate_as in [room] the same at both ends?'
const askThere =
  'ask who runs it: it is they who refuse. Should they ask for the key of this server: meshcore-room peers shows it'

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
    ? say.ok(`"${name}" ${version} runs, up ${durationWords(uptimeSeconds * 1000)}`)
    : say.fault(
        `"${name}" runs and cannot store posts: ${reasons.join('; ')}`,
        `look at the disk below; it goes on by itself as soon as it can store`,
      )
  return [first, ...peers.flatMap(peer => [linkFinding(peer), ...secretFindings(peer)])]
}

/** `changedAt`: when the config was last written; `now`: Unix ms, both. What is in it since the start is not in force. */
export function configAgeFindings(changedAt: number, { uptimeSeconds }: Status, now: number): Finding[] {
  const startedAt = now - uptimeSeconds * 1000
  if (changedAt > now || changedAt - startedAt < startToleranceMs) return []
  return [sayer('config', 'config: ').warn('was changed after the room server has read it', restart)]
}

/** Who only dials us is in no other line. */
function secretFindings(peer: PeerStatus): Finding[] {
  const { name, role, direction, secret } = peer
  if (direction === 'out' || !isUp(peer)) return []
  return oldSecretFindings(name, secret, sayer('links', `link to ${role} "${name}": `))
}

function linkFinding(peer: PeerStatus): Finding {
  const { name, id, role, direction, state, since, lastError, rooms } = peer
  const say = sayer('links', `link to ${role} "${name}": `)
  const long = durationWords(Date.now() - Date.parse(since))
  if (isUp(peer) && rooms.length === 0) return say.warn('linked, without a room in common', sameRoom)
  const oneWay = rooms.flatMap(room => oneWayWords(room) ?? [])
  if (isUp(peer) && oneWay.length > 0)
    return say.warn(`linked for ${long}, but ${oneWay.join(', ')}`, `ask who runs "${name}" for the right`)
  if (state === 'connected') return say.ok(`linked for ${long}`)
  if (state === 'standby') return say.ok(`stands by for ${long}, while the hub ships`)
  const why = lastError === null ? '' : `: ${lastError}`
  if (state === 'refused') {
    // Whom we refuse, we say how to trust; what the other end has against us, only its operator can mend.
    const isByUs = lastError?.includes(trustWords(name, id))
    return say.fault(`refused for ${long}${why}`, isByUs ? trustAdvice(name, id) : askThere)
  }
  const lines = role === 'hub' ? 'the hub' : `peer "${name}"`
  const advice = `see what is said of ${lines} below; ${direction === 'in' ? 'only it can dial' : 'it is tried again by itself'}`
  return say.warn(`not linked for ${long}${why}`, advice)
}
