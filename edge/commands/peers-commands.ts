// `meshcore-room peers` and `trust`: who is linked directly, by which key, and taking a new key for the right one.
import { oneLine } from '#common/log.ts'
import { trustWords } from '#common/log-lines.ts'
import { refuseWords, UsageError } from '#common/program.ts'
import { type PeerStatus, type Status, statusSchema } from '#common/status.ts'
import type { PeerReport } from '../links/known-peers.ts'
import { type CommandIo, callApi } from './room-api.ts'

/** `peers`: this server, as others must know it; all of the config, and all others that were ever linked. */
export async function peersCommand({ conf, words, print }: CommandIo): Promise<number> {
  refuseWords('peers', words)
  const [{ peers }, status] = await Promise.all([
    callApi(conf, '/api/v1/peers') as Promise<{ peers: PeerReport[] }>,
    callApi(conf, '/status').then(answer => statusSchema.parse(answer)),
  ])
  print(ownLines(status))
  if (peers.length === 0) print('no peers: none in the config, and none has linked yet\n')
  const stateOf = new Map(status.peers.map(({ id, state }) => [id, state]))
  for (const peer of peers) print(peerLines(peer, stateOf.get(peer.id)))
  return 0
}

/** `trust PEER`: the key, or the server at its address, that is refused now is the right one from now on. */
export async function trustCommand({ conf, words, print }: CommandIo): Promise<number> {
  const peer = words.join(' ')
  if (peer === '') throw new UsageError('say whom to trust, by name or id; see: meshcore-room peers')
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ peer }) }
  const { done } = (await callApi(conf, '/api/v1/peers/trust', init)) as { done: string[] }
  for (const line of done) print(`${oneLine(line)}\n`)
  return 0
}

/** What the operators of other cities ask for: the id for their config, the key to compare. */
function ownLines({ name, id, certificate }: Status): string {
  const key = certificate && `  key ${certificate.pin}, certificate until ${toDay(certificate.validTo)}`
  return joined([`${oneLine(name)}, this server`, `  id ${id}`, key])
}

function peerLines(
  { name, id, address, certificate, pinnedAt, isSelf, refused }: PeerReport,
  state: PeerStatus['state'] | undefined,
): string {
  const title = `${oneLine(name)}${address === null ? '' : ` at ${address}`}`
  // Every city may have the same list.
  if (isSelf) return joined([`${title}: is this server itself`])
  return joined([
    `${title}: ${state ?? 'not linked'}`,
    id === '' ? '  not met yet' : `  id ${id}`,
    certificate === null
      ? undefined
      : `  key ${certificate.pin}, pinned ${toDay(pinnedAt)}, certificate until ${toDay(certificate.validTo)}`,
    refused === null ? undefined : `  REFUSED: ${refused}. If that is right: ${trustWords(oneLine(name), id)}`,
  ])
}

function joined(lines: readonly (string | undefined)[]): string {
  return `${lines.filter(line => line !== undefined).join('\n')}\n`
}

function toDay(iso: string | null): string {
  return iso?.slice(0, 10) ?? 'never'
}
