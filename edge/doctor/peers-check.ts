// Peers that only dial us, and those that are refused: what the running server knows of them.
import type { EdgeConf, FederationConf } from '#common/config/edge-conf.ts'
import { trustWords } from '#common/log-lines.ts'
import { isUp, type Status } from '#common/status.ts'
import { callApi } from '../commands/room-api.ts'
import type { PeerReport } from '../links/known-peers.ts'
import { type Finding, sayer } from './finding.ts'

/** Whom the running server knows, if it runs. @throws Error when it does not say so */
export async function askPeers(conf: EdgeConf, status: Status | undefined): Promise<PeerReport[]> {
  if (conf.federation === undefined || status === undefined) return []
  const { peers } = (await callApi(conf, '/api/v1/peers')) as { peers: PeerReport[] }
  return peers
}

export function peersFindings(conf: EdgeConf, status: Status | undefined, peers: readonly PeerReport[]): Finding[] {
  if (conf.federation === undefined || status === undefined) return []
  return [...ownEntries(peers), ...silentPeers(conf.federation, status), ...refusedPeers(peers, status)]
}

/** A list of peers may be the same in all cities. */
function ownEntries(peers: readonly PeerReport[]): Finding[] {
  const own = peers.filter(({ isSelf }) => isSelf)
  return own.map(({ name }) => sayer('peer', `peer "${name}": `).ok('is this server itself, and not dialled'))
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
function refusedPeers(peers: readonly PeerReport[], status: Status): Finding[] {
  const told = new Set(status.peers.filter(({ state }) => state === 'refused').map(({ name }) => name))
  return peers.flatMap(({ name, id, refused }) => {
    if (refused === null || told.has(name)) return []
    return [sayer('peer', `peer "${name}": `).fault(`is refused: ${refused}`, trustAdvice(name, id))]
  })
}

export function trustAdvice(name: string, id: string): string {
  return `ask who runs it whether that is right; only then type: ${trustWords(name, id)}`
}
