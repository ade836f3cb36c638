// The federation secrets that a server accepts: the current one, and for a while the one before it.

/** While a federation changes its secret, some of its servers have this one only. */
export interface PreviousSecret {
  secret: string
  /** Unix ms from which it is refused; absent: as long as it is in the config. */
  until?: number | undefined
}

export type SecretName = 'current' | 'previous'

/**
 * By which secret a link is proved: the current one, our previous one, or `outdated`: our current one, and the other end has
 * another as its current one. Only who has dialled can see the last.
 */
export type LinkSecret = SecretName | 'outdated'

export interface AcceptedSecret {
  name: SecretName
  secret: string
}

export interface OwnSecrets {
  secret: string
  previousSecret?: PreviousSecret | undefined
}

/** At `now` (Unix ms), the current one first. */
export function acceptedSecrets({ secret, previousSecret: previous }: OwnSecrets, now: number): AcceptedSecret[] {
  const current = { name: 'current', secret } as const
  return previous === undefined || hasEnded(previous, now)
    ? [current]
    : [current, { name: 'previous', secret: previous.secret }]
}

export function hasEnded({ until = Number.POSITIVE_INFINITY }: PreviousSecret, now: number): boolean {
  return now >= until
}
