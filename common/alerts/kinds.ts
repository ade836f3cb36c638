// Kinds of alerts, and which of them say that all is well again. Browsers load it as it is.

/** The good news that ends a trouble, of the same server. Other kinds (`gap`, `wan-cap`, …) are told once and have no end. */
export const endOf = {
  'spoke-silent': 'spoke-back',
  'link-lost': 'link-back',
  backlog: 'backlog-over',
  'duty-cycle': 'duty-cycle-over',
  'clock-wrong': 'clock-right',
  'radio-gone': 'radio-back',
  certificate: 'certificate-renewed',
  clone: 'clone-over',
  'asks-to-join': 'none-asks',
} as const

export type TroubleKind = keyof typeof endOf

/** Which kind of trouble this kind of good news ends; undefined when it is none. */
export function endedBy(kind: string): string | undefined {
  return Object.entries(endOf).find(([, end]) => end === kind)?.[0]
}

interface Told {
  n: number
  kind: string
  spoke?: string | undefined
}

/** The newest alert of each trouble that is not over, the oldest first. `alerts`: the oldest first. */
export function openTroubles<T extends Told>(alerts: readonly T[]): T[] {
  const openByKey = new Map<string, T>()
  for (const alert of alerts) {
    const ended = endedBy(alert.kind)
    const key = `${ended ?? alert.kind} ${alert.spoke ?? ''}`
    openByKey.delete(key)
    if (ended === undefined && alert.kind in endOf) openByKey.set(key, alert)
  }
  return [...openByKey.values()]
}
