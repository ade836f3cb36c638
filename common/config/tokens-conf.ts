// The tokens of [clients] in the edge's config: one for each role that a person or a program from elsewhere may have.
import type { RuleContext } from './conf-rules.ts'
import { notPlaceholder, textWith } from './conf-values.ts'

export const tokenKeys = {
  api_token: token().optional(),
  operator_token: token().optional(),
  viewer_token: token().optional(),
}

type TokenValues = Partial<Record<keyof typeof tokenKeys, string | undefined>>

export interface TokensConf {
  /** Of an admin. */
  apiToken?: string | undefined
  operatorToken?: string | undefined
  viewerToken?: string | undefined
}

function token() {
  return textWith(text =>
    /^[\x21-\x7e]{24,256}$/.test(text)
      ? notPlaceholder(text)
      : 'must be 24 to 256 visible ASCII characters; generate one with: openssl rand -hex 24',
  )
}

/** Of one token for two roles nobody could say what it gives. */
export function checkTokens({ faults }: RuleContext, values: TokenValues): TokensConf {
  const { api_token: apiToken, operator_token: operatorToken, viewer_token: viewerToken } = values
  const reason = (other: string) => `is ${other}, too; each role needs a token of its own`
  if (operatorToken !== undefined && operatorToken === apiToken)
    faults.add(['clients', 'operator_token'], reason('api_token'))
  if (viewerToken !== undefined && (viewerToken === apiToken || viewerToken === operatorToken))
    faults.add(['clients', 'viewer_token'], reason(viewerToken === apiToken ? 'api_token' : 'operator_token'))
  return { apiToken, operatorToken, viewerToken }
}
