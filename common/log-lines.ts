// The log lines operators grep for. They are a contract: byte for byte as on the federation page.

export function connectedLine(peer: string, encrypted: boolean, latencyMs: number): string {
  return `Federation peer "${peer}" connected (${encrypted ? 'TLS' : 'no TLS'}, latency ${Math.max(1, Math.round(latencyMs))}ms)`
}

export function disconnectedLine(peer: string, reason: string): string {
  return `Federation peer "${peer}" disconnected (${reason})`
}

export function caughtUpLine(peer: string, posts: number, ms: number): string {
  return `Federation peer "${peer}" caught up (${posts.toLocaleString('en-US')} posts in ${(ms / 1000).toFixed(1)}s)`
}
