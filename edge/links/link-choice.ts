// Two servers may dial each other at the same moment; both must keep the same one of the two links.

/** Handshakes that cross are done within this time; later a second link means that the first is dead at the other end. */
const crossingMs = 30_000

export interface LinkFacts {
  direction: 'in' | 'out'
  /** Of the other end's process. */
  boot: string
}

/** True when the link that lives stays and the newcomer has to go: they have crossed, and the one dialled by the smaller id is kept. */
export function keepsCurrent(
  current: LinkFacts & { ageMs: number },
  newcomer: LinkFacts,
  { ownId, peerId }: { ownId: string; peerId: string },
): boolean {
  const crossed = current.direction !== newcomer.direction && current.boot === newcomer.boot
  const isFirst = current.direction === 'out' ? ownId < peerId : peerId < ownId
  return crossed && current.ageMs < crossingMs && isFirst
}
