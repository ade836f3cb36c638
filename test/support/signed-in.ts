// A browser's part in a sign-in: asks as a page of an origin does, and keeps the cookie.
import assert from 'node:assert/strict'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { testAuthority } from './certificates.ts'
import { sentBack } from './session-server.ts'

interface Asked {
  method?: string
  body?: unknown
  headers?: Record<string, string>
}

export type Ask = (path: string, asked?: Asked) => Promise<{ status: number; cookie: string; body: string }>

/** Of a page at `origin`, with these headers, too. `ca`: PEM of the authority, for https. */
export function askAt(origin: string, more: Record<string, string> = {}, ca = testAuthority().cert): Ask {
  const { protocol, hostname, port } = new URL(origin)
  const start = protocol === 'https:' ? httpsRequest : httpRequest
  return (path, { method = 'GET', body, headers } = {}) => {
    const sent = body === undefined ? undefined : JSON.stringify(body)
    const all = { origin, ...more, ...(sent && { 'content-type': 'application/json' }), ...headers }
    const options: RequestOptions = { host: hostname, port, path, method, headers: all, agent: false }
    return new Promise((resolve, reject) => {
      const asking = start({ ...options, ca }, async response => {
        const chunks = await response.toArray()
        const cookie = String(response.headers['set-cookie'] ?? '')
        resolve({ status: response.statusCode ?? 0, cookie, body: Buffer.concat(chunks).toString() })
      })
      asking.on('error', reject)
      asking.end(sent)
    })
  }
}

/** Signs in, and asks as who then is. */
export async function signedIn(ask: Ask, token: string) {
  const { status, cookie } = await ask('/api/v1/session', { method: 'POST', body: { token } })
  assert.equal(status, 200)
  const headers = { cookie: sentBack({ 'set-cookie': cookie }) }
  const by = async (method: string, path: string, body?: unknown) => ask(path, { method, body, headers })
  return { cookie, headers, by }
}
