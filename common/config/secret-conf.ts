// The federation secrets in a config: the current one, and for as long as it is being changed the one before it.
import type { PreviousSecret } from '../protocol/secrets.ts'
import { checkSecret, type RuleContext } from './conf-rules.ts'
import { plainText, textWith } from './conf-values.ts'
import type { KeyPath } from './toml.ts'

export interface SecretsConf {
  secret: string
  previousSecret?: PreviousSecret | undefined
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/

export const secretKeys = {
  federation_secret: plainText().optional(),
  federation_secret_previous: plainText().optional(),
  federation_secret_previous_until: textWith(text =>
    isoTime.test(text) && !Number.isNaN(Date.parse(text))
      ? undefined
      : 'must be a time with its zone, like "2026-12-31T00:00:00Z"',
  ).optional(),
}

interface SecretValues {
  federation_secret?: string | undefined
  federation_secret_previous?: string | undefined
  federation_secret_previous_until?: string | undefined
}

/** Of the section at `path`; reports what is missing or not fit. */
export function checkSecrets(context: RuleContext, path: KeyPath, values: SecretValues): SecretsConf {
  const { federation_secret: secret, federation_secret_previous: previous } = values
  const until = values.federation_secret_previous_until
  const previousPath = [...path, 'federation_secret_previous']
  checkSecret(context, [...path, 'federation_secret'], secret)
  if (previous !== undefined) checkSecret(context, previousPath, previous)
  if (previous !== undefined && previous === secret) {
    const reason = 'is the same as federation_secret: write the one before it here, or remove the line'
    context.faults.add(previousPath, reason)
  }
  if (until !== undefined && previous === undefined && !context.faults.has(previousPath)) {
    const reason = 'has no meaning without federation_secret_previous: remove the line'
    context.faults.add([...path, 'federation_secret_previous_until'], reason)
  }
  const previousSecret =
    previous === undefined ? undefined : { secret: previous, ...(until && { until: Date.parse(until) }) }
  return { secret: secret ?? '', ...(previousSecret && { previousSecret }) }
}
