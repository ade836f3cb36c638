// What the radio has done with the air, as a line in the log: once an hour, and at the end.
import type { AirUse } from './radio/air-ledger.ts'
import type { AirKind } from './radio/transmit-queue.ts'

const kindNames: Readonly<Record<AirKind, string>> = {
  ack: 'ACKs',
  login: 'logins',
  'push-local': 'pushes of this city',
  'push-federated': 'pushes of other cities',
  advert: 'adverts',
  other: 'answers',
}

/**
 * `Air: 212 s of 360 s in the last hour (pushes of other cities 61 %, ACKs 22 %, adverts 17 %)`. `usedMs`: as the budget
 * counts it, which also knows what was sent before the start.
 */
export function airLine({ ms, byKind }: AirUse, { usedMs, maxMs }: { usedMs: number; maxMs: number }): string {
  const totalMs = Math.max(ms, usedMs)
  const kinds = (Object.entries(byKind) as [AirKind, { ms: number }][])
    .sort(([, a], [, b]) => b.ms - a.ms)
    .map(([kind, share]) => ({ name: kindNames[kind], ms: share.ms }))
  const shares = [...kinds, { name: 'before the start', ms: totalMs - ms }]
    .map(share => ({ name: share.name, percent: Math.round((share.ms / totalMs) * 100) }))
    .filter(({ percent }) => percent > 0)
    .map(({ name, percent }) => `${name} ${percent} %`)
  const words = shares.length === 0 ? '' : ` (${shares.join(', ')})`
  return `Air: ${seconds(totalMs)} s of ${seconds(maxMs)} s in the last hour${words}`
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}
