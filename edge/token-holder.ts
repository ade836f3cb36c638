// Whose a token of the API is, by the three that the config may name.
import type { TokensConf } from '#common/config/tokens-conf.ts'
import type { TokenHolder } from '#common/http/token-access.ts'
import { sameSecret } from '#common/same-secret.ts'

/** Undefined for a token that the config does not name. */
export function tokenHolder(
  given: string,
  { apiToken, operatorToken, viewerToken }: TokensConf,
): TokenHolder | undefined {
  const isGiven = (token: string | undefined) => token !== undefined && sameSecret(given, token)
  if (isGiven(apiToken)) return { role: 'admin', who: 'api_token' }
  if (isGiven(operatorToken)) return { role: 'operator', who: 'operator_token' }
  return isGiven(viewerToken) ? { role: 'viewer', who: 'viewer_token' } : undefined
}
