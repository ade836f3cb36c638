// A command's question to the hub that runs on this machine with the same config, as an admin of its API.
import type { IncomingMessage, RequestOptions } from 'node:http'
import type { HubConf } from '#common/config/hub-conf.ts'
import type { Log } from '#common/log.ts'
import { loopbackOf } from '#common/loopback.ts'
import { newToken } from '../registry/tokens.ts'
import { openRegistry } from '../store/open-registry.ts'

const { request: httpRequest } = process.getBuiltinModule('node:http')
const { request: httpsRequest } = process.getBuiltinModule('node:https')

export interface Question {
  method: 'GET' | 'POST'
  path: string
  log: Log
}

export interface Reply {
  status: number
  /** Parsed JSON. */
  body: unknown
}

const deadlineMs = 10_000
const replyBytesMax = 1024 * 1024

/** With a token that is good for this question only. @throws Error when it does not answer */
export async function askOwnHub(conf: HubConf, { method, path, log }: Question): Promise<Reply> {
  const { registry, close } = await openRegistry(conf, log)
  const { token, record } = newToken('admin')
  try {
    await registry.addToken(record)
    return await ask(conf, { method, path, headers: { authorization: `Bearer ${token}` } })
  } finally {
    await registry.removeToken(record.id)
    await close()
  }
}

async function ask({ listen, tls }: HubConf, options: RequestOptions): Promise<Reply> {
  const where = {
    host: loopbackOf(listen.host),
    port: listen.port,
    agent: false,
    signal: AbortSignal.timeout(deadlineMs),
  }
  // It is known by its certificate, whatever names are in it.
  const secure = { ca: tls?.cert, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const refuse = (error: Error) =>
      reject(new Error(`the hub does not answer at ${where.host}:${where.port} (${error.message}): is it running?`))
    const request =
      tls === undefined ? httpRequest({ ...where, ...options }) : httpsRequest({ ...where, ...secure, ...options })
    request.on('error', refuse).on('response', resolve).end()
  })
  return { status: answer.statusCode ?? 0, body: JSON.parse(await textOf(answer)) }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > replyBytesMax) throw new Error('the hub answered too much')
  }
  return Buffer.concat(chunks).toString()
}
