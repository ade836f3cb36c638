// How the commands talk to the running room server on this machine: its HTTP API over loopback.
import type { Readable } from 'node:stream'
import { hostPortText } from '#common/config/conf-values.ts'
import type { EdgeConf } from '#common/config/edge-conf.ts'
import type { RoomConf } from '#common/config/room-conf.ts'
import { loopbackOf } from '#common/loopback.ts'
import { UsageError } from '#common/program.ts'

export interface CommandIo {
  conf: EdgeConf
  words: readonly string[]
  print: (text: string) => void
  stdin: Readable
}

const timeoutMs = 10_000
const askTimeoutMs = 2000

/** `http://host:port` of the running server. */
export function baseUrl({ status }: EdgeConf): string {
  if (status === undefined) throw new UsageError('this command needs federation.status_endpoint = true')
  return `http://${hostPortText({ host: loopbackOf(status.host), port: status.port })}`
}

/** The room asked for, or the only one there is. */
export function roomOf({ rooms }: EdgeConf, asked: string | undefined): string {
  const names = rooms.map(room => room.federateAs)
  const room = asked ?? (names.length === 1 ? names[0] : undefined)
  if (room === undefined) throw new UsageError(`say which room with --room: ${names.join(', ')}`)
  return room
}

/** As roomOf, with its config. @throws UsageError when there is no such room */
export function roomConfOf(conf: EdgeConf, asked: string | undefined): RoomConf {
  const name = roomOf(conf, asked)
  const room = conf.rooms.find(({ federateAs }) => federateAs === name)
  if (room === undefined) throw new UsageError(`there is no room "${name}" in ${conf.file}`)
  return room
}

/** Does the server of this config answer? */
export async function isRunning(conf: EdgeConf): Promise<boolean> {
  if (conf.status === undefined) return false
  const signal = AbortSignal.timeout(askTimeoutMs)
  return fetch(`${baseUrl(conf)}/livez`, { signal }).then(
    () => true,
    () => false,
  )
}

/** The JSON answer. @throws Error with the server's own words when it refuses, or with what to do when it is not there */
export async function callApi(conf: EdgeConf, path: string, init: RequestInit = {}): Promise<unknown> {
  const { apiToken } = conf.clients
  const headers = { ...(apiToken !== undefined && { authorization: `Bearer ${apiToken}` }), ...init.headers }
  const response = await fetch(`${baseUrl(conf)}${path}`, {
    ...init,
    headers,
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(error => {
    throw new Error(
      `the room server does not answer at ${baseUrl(conf)}: is it running? (${error.cause?.code ?? error.message})`,
    )
  })
  const answer = (await response.json()) as { message?: string }
  if (!response.ok) throw new Error(answer.message ?? `the room server answered ${response.status}`)
  return answer
}
