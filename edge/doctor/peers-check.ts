// Peers that only dial us, and those that are refused: what the running server knows of them.
import type { EdgeConf, FederationConf } from '#common/config/edge-conf.ts'
import { trustWords } from '#common/log-lines.ts'
import { isUp, type Status } from '#common/status.ts'
import { callApi } from '../commands/room-api.ts'
import type { PeerReport } from '../links/known-peers.ts'
import { type Finding, sayer } from './finding.ts'

/** `status` of the running server, if it runs. @throws Error when it does not say whom it knows */
export async function checkPeers(conf: EdgeConf, status: Status | undefined): Promise<Finding[]> {
  if (conf.federation === undefined || status === undefined) return []
  const { peers } = (await callApi(conf, '/api/v1/peers')) as { peers: PeerReport[] }
  return [...silentPeers(conf.federation, status), ...refusedPeers(peers, status)]
}

/** In the config without an address, and not linked. */
export function silentPeers({ peers, listen }: FederationConf, status: Status): Finding[] {
  const isSeen = (name: string, id: string | undefined) =>
    status.peers.some(peer => isUp(peer) && (peer.name === name || peer.id === id))
  const absent = peers.filter(({ name, id, addr }) => addr === undefined && !isSeen(name, id))
  return absent.map(({ name }) => {
    const { port } = listen
    const advice = `there: is this server in its [[federation.peers]], and what does meshcore-room doctor say? Here: forward port ${port} in the router, and ufw allow ${port}/tcp`
    return sayer('peer', `peer "${name}": `).warn('is not linked, and dials us only', advice)
  })
}

/** Those that dial us are in no line about a link. */
export function refusedPeers(peers: readonly PeerReport[], status: Status): Finding[] {
  const told = new Set(status.peers.filter(({ state }) => state === 'refused').map(({ name }) => name))
  return peers.flatMap(({ name, id, refused }) => {
    if (refused === null || told.has(name)) return []
    return [sayer('peer', `peer "${name}": `).fault(`is refused: ${refused}`, trustAdvice(name, id))]
  })
}

export function trustAdvice(name: string, id: string): string {
  return `ask who runs it whether that is right; only then type: ${trustWords(name, id)}`
}
