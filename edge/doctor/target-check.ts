// Everything about one hub or peer, step by step: its name, its port, its proof. What one step needs of the last is not asked twice.
import type { Self } from '#common/protocol/handshake.ts'
import { isUp, type PeerStatus } from '#common/status.ts'
import type { OtherClock } from './clock-check.ts'
import { within } from './deadline.ts'
import { type Finding, sayer } from './finding.ts'
import { visit } from './link-check.ts'
import { lookUp } from './name-check.ts'
import type { Network } from './network.ts'
import { reach } from './reach-check.ts'
import { refusalTrouble } from './refusal-words.ts'
import type { Target } from './targets.ts'

const visitMs = 8000

export interface TargetParts {
  self: Self
  rooms: readonly string[]
  network: Network
  signal: AbortSignal
}

export interface Examined {
  target: Target
  isProved: boolean
  clocks: OtherClock[]
  findings: Finding[]
}

export async function examineTarget(target: Target, parts: TargetParts): Promise<Examined> {
  const { network, signal, self, rooms } = parts
  const say = sayer(target.kind, `${target.label}: `)
  const failed = (findings: Finding[]): Examined => ({ target, isProved: false, clocks: [], findings })
  const named = await lookUp(target, say, network.lookup)
  if (named.addresses.length === 0) return failed(named.findings)
  const { addresses } = named
  const reached = await reach(target, say, { addresses, connect: network.connect })
  const before = [...named.findings, ...reached.findings]
  if (!reached.isOpen) return failed(before)
  try {
    const { clocks, findings } = await within(visitMs, signal, () =>
      visit(target, say, { self, rooms, open: network.open }),
    )
    return { target, isProved: true, clocks, findings: [...before, ...findings] }
  } catch (error) {
    return failed([...before, say.fault(...refusalTrouble(error, target))])
  }
}

/** What it means for this city when servers do not answer; `links` are those of the running server. */
export function federationOutlook(
  examined: readonly Examined[],
  takeoverMs: number,
  links: readonly PeerStatus[] = [],
): Finding[] {
  const say = sayer('federation', 'federation: ')
  const hubs = examined.filter(({ target }) => target.kind === 'hub')
  const peers = examined.filter(({ target }) => target.kind === 'peer')
  const hasProved = (some: readonly Examined[]) => some.some(({ isProved }) => isProved)
  if (examined.length === 0 || hasProved(hubs)) return []
  const isLinked = links.some(peer => peer.role === 'edge' && isUp(peer))
  if (isLinked || hasProved(peers)) {
    const text = `the hub does not answer; peers carry the posts after ${takeoverMs / 1000} s and up to as much again`
    return hubs.length === 0 ? [] : [say.warn(text, 'mend the way to the hub: see its lines above')]
  }
  const who =
    hubs.length === 0 ? 'no peer answers' : `the hub does not answer${peers.length === 0 ? '' : ', and no peer'}`
  const text = `${who}: this city is alone; its posts are kept and sent later`
  return [
    say.fault(text, 'begin with the lines above; where all fail alike: is this machine online? ping -c 3 1.1.1.1'),
  ]
}
