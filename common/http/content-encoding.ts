// Answers compressed for those who can take them so: a net of 500 cities is 600 KB of JSON, and phones have slow lines.
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'

export type Encoding = 'br' | 'gzip'

/** Below, what it saves is less than it costs. */
const compressedFrom = 4096
const jsonType = /^application\/json\b/
/** Of whatever length they are: an answer has some hundred KiB. */
const compressedKept = 4
/** Of Brotli and gzip: half the work of their defaults or less, and nearly as small. */
const quality = 4

const compressors: Readonly<Record<Encoding, (text: string) => Promise<Buffer>>> = {
  br: text => promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
  gzip: text => promisify(gzip)(text, { level: quality }),
}

/** What the client takes, the smaller before the other; undefined: plain bytes only. */
export function encodingFor({ headers }: FastifyRequest): Encoding | undefined {
  const offers = String(headers['accept-encoding'] ?? '').split(',')
  const names = offers.map(offer => {
    const [name = '', weight = ''] = offer.split(';').map(part => part.trim().toLowerCase())
    return /^q=0(\.0*)?$/.test(weight) ? '' : name
  })
  return (['br', 'gzip'] as const).find(name => names.includes(name))
}

/** Of all routes of `app`. It is done by other threads than the one that serves, and once for who ask for the same soon after each other. */
export function compressJson(app: FastifyInstance): void {
  const compressed = new Compressed()
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || payload.length < compressedFrom) return payload
    if (!jsonType.test(String(reply.getHeader('content-type')))) return payload
    reply.header('vary', 'accept-encoding')
    const encoding = encodingFor(request)
    if (encoding === undefined) return payload
    reply.removeHeader('content-length').header('content-encoding', encoding)
    return compressed.get(encoding, payload)
  })
}

/** The newest answers as they were compressed, the oldest first. */
class Compressed {
  readonly #known: { encoding: Encoding; text: string; body: Promise<Buffer> }[] = []

  get(encoding: Encoding, text: string): Promise<Buffer> {
    const known = this.#known.find(one => one.encoding === encoding && one.text === text)
    if (known !== undefined) return known.body
    const body = compressors[encoding](text)
    this.#known.push({ encoding, text, body })
    if (this.#known.length > compressedKept) this.#known.shift()
    return body
  }
}
