// What a webhook's receiver checks: the headers of the Standard Webhooks specification (version 1.0.0, symmetric signature).
import { createHash, createHmac } from 'node:crypto'

export interface Signed {
  /** The same whenever the same thing is sent again. Holds no full stop, which separates the parts that are signed. */
  id: string
  /** Unix ms of this try. */
  at: number
  body: string
}

/** Headers `webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature`: the HMAC-SHA256 of `id.timestamp.body`. */
export function signedHeaders(key: Buffer, { id, at, body }: Signed): Record<string, string> {
  const timestamp = Math.floor(at / 1000)
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` }
}

/** A webhook-id: 24 characters that follow from `parts` alone. */
export function webhookId(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest()
  return `msg_${hash.subarray(0, 18).toString('base64url')}`
}
