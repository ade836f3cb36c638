// What is said about a peer that is refused: to the operator here, and to the one there.
import { LinkError } from '#common/errors.ts'
import { trustWords } from '#common/log-lines.ts'
import { closeCodes } from '#common/protocol/close-codes.ts'

export const notAmongPeers = 'this server is not among my peers, and I take no others (accept_unknown_peers = false)'

export function keyRefusal(name: string, id: string): LinkError {
  const words = `the key of its certificate has changed; ${howToTrust(name, id)}`
  const told = `it knows this server by another key; ${toldToTrust(name, id)}`
  return new LinkError(closeCodes.revoked, words, { told })
}

export function serverRefusal(name: string, id: string, address: string): LinkError {
  const words = `another server than before answers at ${address}; ${howToTrust(name, id)}`
  const told = `it has met another server at the address of this one; ${toldToTrust(name, id)}`
  return new LinkError(closeCodes.revoked, words, { told })
}

/** In the log of the one who is refused: "it" is who refuses. */
function toldToTrust(name: string, id: string): string {
  return `if the new one is right, its operator must say there: ${trustWords(name, id)}`
}

function howToTrust(name: string, id: string): string {
  return `if that is right: ${trustWords(name, id)}`
}

export function changedLine(name: string, change: { what: string; before: string; after: string; id: string }): string {
  const { what, before, after, id } = change
  return `PEER "${name}" HAS ANOTHER ${what.toUpperCase()} THAN BEFORE: ${before}, now ${after}. It is refused. Ask its operator; ${howToTrust(name, id)}`
}
