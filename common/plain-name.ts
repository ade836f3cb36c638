// Names that strangers gave themselves, made fit to be shown: a console that lists them must not be told to show something else.

/**
 * Control characters, line and paragraph separators, what turns the direction of the text around it (UAX #9), and what nobody
 * sees. The joiners stay: scripts and signs are written with them.
 */
const misleading = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad\u200b\u2060-\u2064\ufeff]/gu
const joinersOnly = /^[\s\u200c\u200d]*$/

/** What is left of a name; empty when nobody would see anything. */
export function plainName(name: string): string {
  const plain = name.toWellFormed().replace(misleading, '').trim()
  return joinersOnly.test(plain) ? '' : plain
}
