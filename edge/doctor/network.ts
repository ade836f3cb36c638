// The doctor's way to the network: names, ports, and connections on which it proves nothing.
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { FederationConf } from '#common/config/edge-conf.ts'
import { dial } from '#common/transport/dial.ts'
import type { Transport } from '#common/transport/transport.ts'
import { within } from './deadline.ts'
import type { Target } from './targets.ts'

const lookupMs = 5000
const connectMs = 5000
const openMs = 5000

export interface Network {
  lookup(host: string): Promise<string[]>
  connect(address: string, port: number): Promise<void>
  open(target: Target): Promise<Transport>
}

export function realNetwork(tls: FederationConf['tls'], signal: AbortSignal): Network {
  return {
    lookup: host =>
      within(lookupMs, signal, async () => (await lookup(host, { all: true })).map(({ address }) => address)),
    connect: (address, port) => within(connectMs, signal, late => tryConnect({ host: address, port }, late)),
    open: ({ kind, url, ca, pin }) =>
      dial({
        url,
        ca,
        pin,
        // A peer is known by its proof, which is bound to the connection.
        proofOnly: kind === 'peer',
        own: kind === 'peer' ? tls : undefined,
        clockWrong: false,
        signal,
        openTimeoutMs: openMs,
      }),
  }
}

async function tryConnect(where: { host: string; port: number }, late: AbortSignal): Promise<void> {
  const socket = connect(where)
  try {
    await once(socket, 'connect', { signal: late })
  } finally {
    // Destroyed, it may still say why.
    socket.on('error', () => {}).destroy()
  }
}
