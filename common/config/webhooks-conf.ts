// The [[webhooks]] of the hub's config: which endpoints are told of new posts, and by what secret they know it was us.
import { isIP } from 'node:net'
import { z } from 'zod'
import { isLoopbackHost } from '../loopback.ts'
import { roomSchema } from '../post.ts'
import { isPublicAddress } from '../public-address.ts'
import type { RuleContext } from './conf-rules.ts'
import { flag, plainText, section, sections, textWith, whole } from './conf-values.ts'
import { isPlaceholder } from './secret.ts'

export interface WebhookConf {
  name: string
  /** Holds what nobody else should read: only its host goes into a log. */
  url: string
  /** The key of the signatures. */
  key: Buffer
  /** Absent: all rooms, also those to come. */
  rooms?: readonly string[] | undefined
  posts: boolean
  alerts: boolean
  /** Addresses that are not public, and plain http, are allowed. */
  allowPrivate: boolean
  giveUpMs: number
  /** Longest wait between two tries. */
  retryMaxMs: number
}

const webhooksMax = 20
const roomsMax = 256
const nameTaken = 'is the name of another webhook above; each needs its own'
const secretCharsMin = 24
const secretCharsMax = 512
const hourMs = 3_600_000
const namePattern = /^[a-z0-9][a-z0-9-]{0,31}$/
/** Standard Webhooks, "Signature scheme": a symmetric secret is 24 to 64 bytes, as base64 behind this. */
const standardPrefix = 'whsec_'
const howToSecret = 'generate one with: echo "whsec_$(openssl rand -base64 32)"'

const webhookSection = section({
  name: textWith(nameFault).optional(),
  url: plainText().optional(),
  secret: textWith(secretFault).optional(),
  rooms: roomList().optional(),
  posts: flag().default(true),
  alerts: flag().default(false),
  allow_private: flag().default(false),
  give_up_hours: whole(1, 720).default(72),
  retry_max_seconds: whole(1, 3600).default(600),
})

export const webhooksSection = sections(webhookSection, webhooksMax).default([])

function roomList() {
  const error = `must be a list of 1 to ${roomsMax} rooms, like ["frontrange"]`
  return z.array(plainText().pipe(roomSchema), { error }).min(1, { error }).max(roomsMax, { error })
}

type WebhookValues = z.output<typeof webhookSection>

/** Adds the faults that lie in more than one value. */
export function checkWebhooks({ faults }: RuleContext, webhooks: readonly WebhookValues[]): WebhookConf[] {
  const seen = new Set<string>()
  return webhooks.map((values, index) => {
    const reasons = { ...missing(values), ...(seen.has(values.name ?? '') && { name: nameTaken }) }
    for (const [key, reason] of Object.entries(reasons)) faults.add(['webhooks', index, key], reason)
    seen.add(values.name ?? '')
    return webhookConf(values)
  })
}

/** Reasons by key. */
function missing({ name, url, secret, posts, alerts, allow_private }: WebhookValues): Record<string, string> {
  const wrongUrl = url === undefined ? 'is required: where to send the posts' : urlFault(url, allow_private)
  return {
    ...(name === undefined && { name: 'is required: it names the webhook in the log and in commands' }),
    ...(wrongUrl !== undefined && { url: wrongUrl }),
    ...(secret === undefined && { secret: `is required: by it the receiver knows that it was you; ${howToSecret}` }),
    ...(!posts && !alerts && { posts: 'must be true unless alerts = true: there would be nothing to send' }),
  }
}

function webhookConf(values: WebhookValues): WebhookConf {
  const { name = '', url = '', secret = '', rooms, posts, alerts } = values
  return {
    ...{ name, url, rooms, posts, alerts },
    key: keyOf(secret),
    allowPrivate: values.allow_private,
    giveUpMs: values.give_up_hours * hourMs,
    retryMaxMs: values.retry_max_seconds * 1000,
  }
}

function keyOf(secret: string): Buffer {
  if (secret.startsWith(standardPrefix)) return Buffer.from(secret.slice(standardPrefix.length), 'base64')
  return Buffer.from(secret)
}

function nameFault(name: string): string | undefined {
  return namePattern.test(name) ? undefined : 'must be 1 to 32 of a-z, 0-9 and -, and begin with a letter or digit'
}

function secretFault(secret: string): string | undefined {
  if (isPlaceholder(secret)) return `is still the placeholder of the example; ${howToSecret}`
  if (secret.startsWith(standardPrefix)) return standardSecretFault(secret.slice(standardPrefix.length))
  if (/\s|\p{Cc}/u.test(secret)) return 'must not hold blanks or control characters'
  const { length } = [...secret]
  if (length < secretCharsMin) return `is too short: at least ${secretCharsMin} characters are needed; ${howToSecret}`
  if (length > secretCharsMax) return `is too long: at most ${secretCharsMax} characters`
  return undefined
}

function standardSecretFault(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64')
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  if (isWhole && bytes.length >= 24 && bytes.length <= 64) return undefined
  return `must have the base64 of 24 to 64 bytes behind ${standardPrefix}; ${howToSecret}`
}

function urlFault(text: string, isPrivateAllowed: boolean): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be a URL like https://example.com/hook'
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user or password: the signature says who sends'
  if (url.hash !== '') return 'must not hold a #: it would not be sent'
  if (isPrivateAllowed) return undefined
  if (url.protocol === 'http:') return 'must begin with https:// (plain http only with allow_private = true)'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isPrivate = isIP(host) > 0 ? !isPublicAddress(host) : isLoopbackHost(url.hostname)
  return isPrivate ? 'is not a public address; allow_private = true lets posts go there' : undefined
}
