// Which alerts a person has acknowledged in this browser. All up to a number, and some above it.

export interface Acks {
  upTo: number
  also: readonly number[]
}

/** Enough for all the alerts that a server keeps, and as many that it has let go. */
const alsoMax = 2000

/** From what the browser has kept; undefined when that is nothing, or something else. */
export function parseAcks(text: string | null): Acks | undefined {
  try {
    const kept: unknown = JSON.parse(text ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('upTo' in kept) || !('also' in kept)) return undefined
    const { upTo, also } = kept
    if (!Number.isSafeInteger(upTo) || !Array.isArray(also)) return undefined
    return { upTo: Number(upTo), also: also.filter(n => Number.isSafeInteger(n)).slice(-alsoMax) }
  } catch {
    return undefined
  }
}

export function isAcked({ upTo, also }: Acks, n: number): boolean {
  return n <= upTo || also.includes(n)
}

export function withAcks(acks: Acks, numbers: readonly number[]): Acks {
  const also = new Set([...acks.also, ...numbers.filter(n => n > acks.upTo)])
  return { upTo: acks.upTo, also: [...also].slice(-alsoMax) }
}

/** Of two tabs: what was acknowledged in either. */
export function joinAcks(a: Acks, b: Acks): Acks {
  const upTo = Math.max(a.upTo, b.upTo)
  const also = [...new Set([...a.also, ...b.also])].filter(n => n > upTo)
  return { upTo, also: also.slice(-alsoMax) }
}

/** Without those that are gone: what is yet to come may be known to another tab. `all`: the oldest first. */
export function acksOf({ upTo, also }: Acks, all: readonly Met[]): Acks {
  const numbers = new Set(all.map(({ n }) => n))
  const last = all.at(-1)?.n ?? 0
  return { upTo, also: also.filter(n => n > last || numbers.has(n)) }
}

interface Met {
  n: number
}

/**
 * Where nothing is kept yet: of all that was told before somebody looked here for the first time only what is still `open` is asked
 * about. `all`: the oldest first.
 */
export function firstAcks(all: readonly Met[], open: readonly Met[]): Acks {
  const last = all.at(-1)?.n ?? 0
  const first = open[0]
  if (first === undefined) return { upTo: last, also: [] }
  const openNumbers = new Set(open.map(({ n }) => n))
  return { upTo: first.n - 1, also: all.filter(({ n }) => n > first.n && !openNumbers.has(n)).map(({ n }) => n) }
}
