// The log lines operators grep for. They are a contract: byte for byte as on the federation page.
import type { LinkSecret } from './protocol/secrets.ts'

export function connectedLine(peer: string, encrypted: boolean, latencyMs: number): string {
  return `Federation peer "${peer}" connected (${encrypted ? 'TLS' : 'no TLS'}, latency ${Math.max(1, Math.round(latencyMs))}ms)`
}

export function disconnectedLine(peer: string, reason: string): string {
  return `Federation peer "${peer}" disconnected (${reason})`
}

export function caughtUpLine(peer: string, posts: number, ms: number): string {
  return `Federation peer "${peer}" caught up (${posts.toLocaleString('en-US')} posts in ${(ms / 1000).toFixed(1)}s)`
}

/** While the federation changes its secret: which end needs the new one. Undefined where both have it. */
export function oldSecretLine(peer: string, secret: LinkSecret): string | undefined {
  if (secret === 'previous') return `"${peer}" uses the previous federation secret: it needs the new one`
  if (secret === 'outdated') return `"${peer}" has a newer federation secret than this server, which needs it, too`
  return undefined
}

/** What ends the work of a shell's double quotes, or goes on within them. */
const unsafeInQuotes = /[$`\\"!]/

/** The command that takes a peer's key for the right one, to be copied to a shell: servers make up their own names. */
export function trustWords(name: string, id: string): string {
  return `meshcore-room trust "${unsafeInQuotes.test(name) ? id : name}"`
}
