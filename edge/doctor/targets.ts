// The servers that are dialled, as the config has them.
import { peerUrl } from '#common/config/conf-values.ts'
import type { FederationConf, HubAddress, PeerConf } from '#common/config/edge-conf.ts'

export interface Target {
  kind: 'hub' | 'peer'
  /** As it stands before every line about it: `hub "hub.example.com:8443"`. */
  label: string
  /** Where the config names it, for advice. */
  key: string
  host: string
  port: number
  url: string
  ca?: string | undefined
  pin?: string | undefined
  /** Of a peer whose id is in the config. */
  id?: string | undefined
}

/** Hubs first. Peers that only dial us are none. */
export function targetsOf({ hubs, peers }: FederationConf): Target[] {
  return [...hubs.map(hubTarget), ...peers.flatMap(peerTarget)]
}

function hubTarget({ url, ca, pin }: HubAddress): Target {
  const { hostname, port, protocol, host } = new URL(url)
  return {
    kind: 'hub',
    label: `hub "${host}"`,
    key: 'url of [[federation.hubs]]',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'wss:' ? 443 : 80),
    url,
    ca,
    pin,
  }
}

function peerTarget({ name, addr, id }: PeerConf): Target[] {
  if (addr === undefined) return []
  const [label, key] = [`peer "${name}"`, `addr of the peer "${name}"`]
  return [{ kind: 'peer', label, key, ...addr, url: peerUrl(addr), id }]
}
