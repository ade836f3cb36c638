// Why a link ended, and when to come back.

export const closeCodes = {
  /** Come back at once: what was granted is no longer what is granted. */
  regrant: 4205,
  protocol: 4400,
  proof: 4401,
  revoked: 4403,
  dead: 4408,
  replaced: 4409,
  tooBig: 4413,
  rate: 4429,
  draining: 4503,
} as const

export interface ClosePolicy {
  /** Printed in the log line of the disconnect. */
  meaning: string
  /** Wait at least this long before the next try; 0 is the usual back-off. */
  retryAfterMs: number
}

const policies: Record<number, ClosePolicy> = {
  1000: { meaning: 'closed', retryAfterMs: 0 },
  1001: { meaning: 'going away', retryAfterMs: 0 },
  1006: { meaning: 'connection lost', retryAfterMs: 0 },
  [closeCodes.regrant]: { meaning: 'the rights of this server have changed', retryAfterMs: 0 },
  [closeCodes.protocol]: { meaning: 'protocol error', retryAfterMs: 30_000 },
  [closeCodes.proof]: { meaning: 'proof refused: is federation_secret the same on both sides?', retryAfterMs: 30_000 },
  [closeCodes.revoked]: { meaning: 'access revoked or not yet approved', retryAfterMs: 60_000 },
  [closeCodes.dead]: { meaning: 'no answer', retryAfterMs: 0 },
  [closeCodes.replaced]: { meaning: 'replaced by a newer link of the same identity', retryAfterMs: 60_000 },
  [closeCodes.tooBig]: { meaning: 'frame too big or not read', retryAfterMs: 30_000 },
  [closeCodes.rate]: { meaning: 'rate limit', retryAfterMs: 30_000 },
  [closeCodes.draining]: { meaning: 'server is restarting', retryAfterMs: 0 },
}

/** How a link ended, and the least time before the next try. */
export interface LinkEnd {
  code: number
  reason: string
  retryAfterMs: number
}

/** `retryAfterMs`, where the other end has said it, overrules the policy of the code. */
export function linkEnd(code: number, reason: string, retryAfterMs = closePolicy(code).retryAfterMs): LinkEnd {
  return { code, reason, retryAfterMs }
}

/** The policy for a close code; unknown codes are treated as a lost connection. */
export function closePolicy(code: number): ClosePolicy {
  return policies[code] ?? { meaning: `closed with code ${code}`, retryAfterMs: 0 }
}
