// Values of a city as people read them; what is not known is a dash.
import type { City } from '#common/network.ts'
import { daysWords, durationWords } from '#common/words.ts'

export const unknown = '–'

export function latencyWords(latencyMs: number | null): string {
  if (latencyMs === null) return unknown
  // Many come rounded: 0 is not nothing.
  return latencyMs < 1 ? '< 1 ms' : `${Math.round(latencyMs)} ms`
}

/** Of a length of time, for a column: like `40 s`, `3 min`, `5 h`, `2 days`. */
export function briefWords(ms: number): string {
  return durationWords(ms).split(' ', 2).join(' ')
}

/** Like `12 (3 min)`: how many posts wait for the city, and for how long the oldest. */
export function backlogWords({ backlog, lagSeconds }: City): string {
  if (backlog === null) return unknown
  return backlog === 0 || lagSeconds === null ? String(backlog) : `${backlog} (${briefWords(lagSeconds * 1000)})`
}

/** Of its radio, as it last told. */
export function radioWords({ self, connected }: City): string {
  if (self === null || !connected) return unknown
  if (self.radio === null) return 'none'
  return { ready: 'ready', opening: 'no answer', closed: 'gone' }[self.radio.state]
}

/** Like `2 of 3`: how many of the links that a city has to hubs and to others are up. */
export function linksWords({ self, connected }: City): string {
  if (self === null || !connected) return unknown
  const up = self.links.filter(({ state }) => state === 'connected' || state === 'standby')
  return `${up.length} of ${self.links.length}`
}

export function certificateWords({ self }: City): string {
  return self === null || self.certificateDays === null ? unknown : daysWords(self.certificateDays)
}

/** `now` in Unix ms; `here`: the id of the server that says it. */
export function seenWords({ id, connected, lastSeenAt }: City, now: number, here?: string): string {
  if (id === here) return 'here'
  if (connected) return 'linked'
  return lastSeenAt === null ? 'never' : `${briefWords(now - lastSeenAt)} ago`
}

/** Like `0.1.0` of `meshcore-room/0.1.0`: the program is nearly always the same. */
export function versionWords(software: string): string {
  return software.replace(/^(meshcore-room|federation-hub)\//, '') || unknown
}
