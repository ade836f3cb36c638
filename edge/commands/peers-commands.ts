// `meshcore-room peers` and `trust`: who is linked directly, by which key, and taking a new key for the right one.
import { oneLine } from '#common/log.ts'
import { trustWords } from '#common/log-lines.ts'
import { refuseWords, UsageError } from '#common/program.ts'
import type { PeerReport } from '../links/known-peers.ts'
import { type CommandIo, callApi } from './room-api.ts'

/** `peers`: all of the config, and all others that were ever linked. */
export async function peersCommand({ conf, words, print }: CommandIo): Promise<number> {
  refuseWords('peers', words)
  const { peers } = (await callApi(conf, '/api/v1/peers')) as { peers: PeerReport[] }
  if (peers.length === 0) print('no peers: none in the config, and none has linked yet\n')
  for (const peer of peers) print(peerLines(peer))
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

function peerLines({ name, id, address, certificate, pinnedAt, refused }: PeerReport): string {
  const lines = [
    `${oneLine(name)}${address === null ? '' : ` at ${address}`}`,
    id === '' ? '  not met yet' : `  id ${id}`,
    certificate === null
      ? undefined
      : `  key ${certificate.pin}, pinned ${pinnedAt}, certificate until ${certificate.validTo}`,
    refused === null ? undefined : `  REFUSED: ${refused}. If that is right: ${trustWords(oneLine(name), id)}`,
  ]
  return lines
    .filter(line => line !== undefined)
    .join('\n')
    .concat('\n')
}
