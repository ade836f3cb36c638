// The schemas of single values that both configs use; every reason says how to mend the value.
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { z } from 'zod'
import { isLoopbackHost } from '../loopback.ts'
import { idSchema } from '../post.ts'
import { isPlaceholder } from './secret.ts'

export interface HostPort {
  /** A name, or an address without brackets. */
  host: string
  port: number
}

/** Where hubs and room servers take in links. */
export const linkPath = '/federation'

const mustBeText = { error: 'must be a text in double quotes' }
const hostName = /^(?!-)[A-Za-z0-9_.-]{1,253}$/
const controlCharacter = /\p{Cc}/u

/** A section whose values are all optional; its own absence is an empty one unless `.optional()` is called on it. */
export function section<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T> {
  return z.object(shape, { error: 'must be a section, its header in single brackets' })
}

export function sections<T extends z.ZodType>(element: T, max: number): z.ZodArray<T> {
  const reason = `must be sections, each with its header in double brackets, at most ${max}`
  return z.array(element, { error: reason }).max(max, { error: reason })
}

export function flag() {
  return z.boolean({ error: 'must be true or false, without quotes' })
}

export function whole(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}, without quotes`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export function decimal(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}, without quotes`
  return z.number({ error }).min(min, { error }).max(max, { error })
}

/** A TCP port; `min` 0 where 0 has a meaning. */
export function portNumber(min: 0 | 1 = 1) {
  return whole(min, 65_535)
}

export function plainText() {
  return z.string(mustBeText)
}

/** A text for which `reason` finds nothing wrong. */
export function textWith(reason: (text: string) => string | undefined) {
  return z.string(mustBeText).superRefine((text, context) => {
    const message = reason(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

/** A name people see, 1 to `bytesMax` bytes of UTF-8. */
export function shownName(bytesMax: number) {
  return textWith(text => {
    if (text.trim() === '') return 'must not be empty'
    if (controlCharacter.test(text) || !text.isWellFormed()) return 'must not hold control characters'
    const bytes = Buffer.byteLength(text)
    return bytes > bytesMax ? `is ${bytes} bytes in UTF-8; the limit is ${bytesMax}` : undefined
  })
}

/** The id of a server: its public key as `meshcore-room status` shows it. */
export function serverId() {
  return textWith(text =>
    idSchema.safeParse(text).success
      ? undefined
      : 'must be the 43 characters of a server id, as its own log shows at start',
  )
}

/** This machine's name, as a shown name of at most `bytesMax` bytes. */
export function defaultName(bytesMax: number): string {
  return (
    hostname()
      .replaceAll(/[^\w.-]/g, '')
      .slice(0, bytesMax) || 'room'
  )
}

export function filePath() {
  return textWith(text => {
    if (text === '' || text.length > 4096 || controlCharacter.test(text)) return 'must be the path of a file'
    return text.startsWith('~') ? 'must be a whole path: ~ has no meaning for a service' : undefined
  })
}

export function hostText() {
  return textWith(text =>
    isIP(text) > 0 || hostName.test(text)
      ? undefined
      : 'must be a host name or an IP address, without port or brackets',
  )
}

/** "host:port"; an IPv6 address in brackets. */
export function hostPort(portMin: 0 | 1, example: string) {
  return z.string(mustBeText).transform((text, context): HostPort => {
    const parsed = parseHostPort(text, portMin)
    if (parsed !== undefined) return parsed
    const message = `must be host:port, for example ${example}; an IPv6 address in brackets, like [2001:db8::1]:5001`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

function parseHostPort(text: string, portMin: number): HostPort | undefined {
  const [, v6, name, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port < portMin || port > 65_535) return undefined
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined
  return name !== undefined && hostName.test(name) ? { host: name, port } : undefined
}

const passwordBytesMax = 15

/** What is wrong with the password of a room on the radio, or undefined. */
export function passwordFault(text: string): string | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes >= 1 && bytes <= passwordBytesMax && !/\p{Cc}/u.test(text)) return undefined
  return `must be 1 to ${passwordBytesMax} bytes in UTF-8: that is what fits a login by radio`
}

export function password() {
  return textWith(text => passwordFault(text) ?? notPlaceholder(text))
}

/** Where a radio is. */
export function devicePort() {
  return textWith(text =>
    /^(?:\/|tcp:\/\/[^:/]+:\d{1,5}$)/.test(text)
      ? undefined
      : 'must be a device like /dev/serial/by-id/usb-… or tcp://host:port',
  )
}

/** A password or token that is not the text of an example. */
export function notPlaceholder(text: string): string | undefined {
  return isPlaceholder(text) ? 'is still the placeholder of the example; choose your own' : undefined
}

const linkUrlExample = `wss://hub.example.com:8443${linkPath}`

/** `host:port` as in a URL: in lower case, an IPv6 address in brackets. */
export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host.toLowerCase()}:${port}`
}

/** The URL of a room server that takes in links at this address. */
export function peerUrl(address: HostPort): string {
  return `wss://${hostPortText(address)}${linkPath}`
}

/** The URL of a hub, in its normal form; the path is /federation unless another is given. */
export function linkUrl() {
  return z.string(mustBeText).transform((text, context) => {
    const url = URL.parse(text)
    const message = url === null ? `must be a URL like ${linkUrlExample}` : linkUrlFault(url)
    if (url === null || message !== undefined) {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    if (url.pathname === '/') url.pathname = linkPath
    return url.href
  })
}

function linkUrlFault(url: URL): string | undefined {
  if (url.protocol === 'ws:' && !isLoopbackHost(url.hostname)) {
    return 'must begin with wss://: only links inside one machine (127.0.0.1, ::1, localhost) may go without TLS'
  }
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:') return `must begin with wss://, like ${linkUrlExample}`
  if (url.username !== '' || url.password !== '') return 'must hold no user or password: federation_secret is the key'
  if (url.search !== '' || url.hash !== '') return `must end after the path, like ${linkUrlExample}`
  return undefined
}
