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

/** `Air: 212 s of 360 s in the last hour (pushes of other cities 61 %, ACKs 22 %, adverts 17 %)`. */
export function airLine({ ms, byKind }: AirUse, budgetMs: number): string {
  const kinds = (Object.entries(byKind) as [AirKind, { ms: number }][])
    .sort(([, a], [, b]) => b.ms - a.ms)
    .map(([kind, share]) => `${kindNames[kind]} ${Math.round((share.ms / ms) * 100)} %`)
  const shares = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`
  return `Air: ${seconds(ms)} s of ${seconds(budgetMs)} s in the last hour${shares}`
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}
