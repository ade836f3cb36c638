// Opens a WebSocket to another server and judges its certificate: by CA, by pin, or not at all where the proof is bound to TLS.
import { createHash, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, TLSSocket } from 'node:tls'
import WebSocket from 'ws'
import { LinkError } from '../errors.ts'
import { closeCodes } from '../protocol/close-codes.ts'
import { frameBytesMax, subprotocol } from '../protocol/frames.ts'
import type { Transport } from './transport.ts'
import { WsTransport } from './ws-transport.ts'

const usualOpenTimeoutMs = 15_000

export interface DialOptions {
  url: string
  /** PEM; absent: the system's CAs. */
  ca?: string | undefined
  /** `sha256/` and base64 of the SHA-256 of the certificate's public key (SPKI). Replaces the CA. */
  pin?: string | undefined
  /** The certificate is not looked at here: the proof must be bound to this very connection. */
  proofOnly?: boolean
  /** What we show of ourselves, PEM. */
  own?: { cert: string; key: string } | undefined
  /** Our clock is known to be wrong: a certificate that is not yet valid is left to the proof, which is bound to TLS. */
  clockWrong: boolean
  signal: AbortSignal
  /** Longest time to an open WebSocket; default 15 s. */
  openTimeoutMs?: number
}

/** @throws LinkError when the other end cannot be reached or its certificate is not the right one */
export async function dial(options: DialOptions): Promise<Transport> {
  const { url, ca, own, signal, openTimeoutMs = usualOpenTimeoutMs } = options
  const secure = url.startsWith('wss:')
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const ws = new WebSocket(url, subprotocol, {
    perMessageDeflate: false,
    maxPayload: frameBytesMax,
    skipUTF8Validation: false,
    ...(secure && { rejectUnauthorized: false, minVersion: 'TLSv1.3', ...(ca !== undefined && { ca }), ...own }),
    ...(secure && isIP(host) === 0 && { servername: host }),
  })
  let isLate = false
  const abort = () => ws.terminate()
  const timer = setTimeout(() => {
    isLate = true
    abort()
  }, openTimeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    const socket = await opened(ws)
    const verified = socket instanceof TLSSocket ? judge(socket, host, options) : true
    const remote = new URL(url).host
    return new WsTransport({ ws, socket, remote, encrypted: secure, verified })
  } catch (error) {
    ws.terminate()
    if (error instanceof LinkError) throw error
    const reason = isLate ? `no answer in ${openTimeoutMs / 1000} s` : plainReason(error)
    throw new LinkError(1006, `cannot reach ${url}: ${reason}`)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** True when the certificate proves the host by itself. @throws LinkError when it must and does not */
function judge(socket: TLSSocket, host: string, { url, pin, proofOnly, clockWrong }: DialOptions): boolean {
  if (proofOnly) return false
  if (pin !== undefined) {
    const actual = pinOf(socket.getPeerX509Certificate())
    if (actual === pin) return true
    throw new LinkError(closeCodes.proof, `certificate has pin ${actual}, expected ${pin}`)
  }
  const misnamed = checkServerIdentity(host, socket.getPeerCertificate()) !== undefined
  const fault = socket.authorizationError ?? (misnamed ? wrongName : undefined)
  if (!fault) return true
  const code = String(fault)
  if (clockWrong && code === 'CERT_NOT_YET_VALID') return false
  const reason =
    code === wrongName ? otherName(socket, host, url) : `${code}; ${adviceOn[code] ?? `set ca or pin for ${url}`}`
  throw new LinkError(closeCodes.proof, `certificate refused: ${reason}`)
}

const wrongName = 'ERR_TLS_CERT_ALTNAME_INVALID'
/** Where another `ca` would not help, by the codes of Node. */
const adviceOn: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has ended: whoever runs that server must make a new one',
  CERT_NOT_YET_VALID: "it is not yet valid: is this machine's clock right, and that one's?",
}

function otherName(socket: TLSSocket, host: string, url: string): string {
  const names = socket.getPeerX509Certificate()?.subjectAltName?.slice(0, 200) ?? 'no name'
  return `it is made for "${names}", not for "${host}"; dial it by a name that it has, or set pin for ${url}`
}

function pinOf(certificate: X509Certificate | undefined): string {
  const key = certificate?.publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256')
    .update(key ?? '')
    .digest('base64')}`
}

/** The socket below, once the WebSocket is open. */
function opened(ws: WebSocket): Promise<WsTransportSocket> {
  return new Promise((resolve, reject) => {
    let socket: WsTransportSocket | undefined
    ws.once('upgrade', response => {
      socket = response.socket
    })
    ws.once('open', () => (socket === undefined ? reject(new Error('no socket')) : resolve(socket)))
    ws.once('error', reject)
    ws.once('close', code => reject(new Error(`closed with code ${code}`)))
  })
}

type WsTransportSocket = ConstructorParameters<typeof WsTransport>[0]['socket']

function plainReason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(plainReason).join(', ')
  const reason = error instanceof Error ? error.message : String(error)
  const words = /:SSL routines:[^:]*:([^:]+):/.exec(reason)?.[1]
  return words === undefined ? reason : `what listens there speaks no TLS 1.3 (${words})`
}
