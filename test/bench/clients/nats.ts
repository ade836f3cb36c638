// A light NATS client: publishes with Nats-Msg-Id and waits for JetStream's ack, follows by a durable push consumer, acks cumulatively.
import { type Access, ackPace, type BenchPost, type Client, type Spoke, type SpokeOptions } from '../broker.ts'
import { within } from '../deadline.ts'
import { readSeq } from '../posts.ts'
import { Wire } from './wire.ts'

const connectMs = 20_000
const stream = 'ROOMS'
/** Bounds what the broker sends ahead of an ack, below the bytes at which it cuts a slow reader off. */
const ackPendingMax = 20_000
const sid = { ack: 49, post: 50, api: 51 } as const
const cr = 13
const space = 32
const payloadAfterLine = 2

export const natsClient: Client = {
  echoes: true,
  async prepare(access) {
    const link = new NatsLink(access, 'prepare', () => {})
    await within(connectMs, 'making the stream', link.open())
    const config = { name: stream, subjects: ['room.*'], storage: 'file', retention: 'limits', num_replicas: 1 }
    await link.request(`STREAM.CREATE.${stream}`, config)
    await link.close()
  },
  spoke: (access, options) => new NatsSpoke(access, options),
}

class NatsSpoke implements Spoke {
  readonly #access: Access
  readonly #options: SpokeOptions
  #link: NatsLink | undefined

  constructor(access: Access, options: SpokeOptions) {
    this.#access = access
    this.#options = options
  }

  async connect(): Promise<void> {
    const { name, follows, rooms } = this.#options
    const link = new NatsLink(this.#access, name, (bytes, msg, at) => this.#onMsg(bytes, msg, at))
    this.#link = link
    await within(connectMs, `link of ${name}`, link.open())
    if (!follows) return
    link.send(`SUB deliver.${name} 2\r\n`)
    const config = {
      durable_name: name,
      deliver_subject: `deliver.${name}`,
      deliver_policy: 'all',
      ack_policy: 'all',
      max_ack_pending: ackPendingMax,
      filter_subject: rooms.length === 1 ? `room.${rooms[0]}` : 'room.*',
    }
    await within(connectMs, `consumer of ${name}`, link.request(`CONSUMER.DURABLE.CREATE.${stream}.${name}`, config))
  }

  publish({ seq, room, guid, payload }: BenchPost): void {
    const headers = `NATS/1.0\r\nNats-Msg-Id: ${guid}\r\n\r\n`
    const reply = `ack.${this.#options.name}.${seq}`
    const head = `HPUB room.${room} ${reply} ${headers.length} ${headers.length + payload.length}\r\n${headers}`
    this.#link?.send(head, payload)
  }

  async disconnect(): Promise<void> {
    await this.#link?.close()
    this.#link = undefined
  }

  #onMsg(bytes: Buffer, msg: Msg, at: number): void {
    if (msg.sid === sid.post) this.#options.onDelivery(readSeq(bytes, msg.bodyAt), at)
    else {
      const body = bytes.toString('latin1', msg.bodyAt, msg.end)
      if (!body.startsWith('{"stream"')) throw new Error(`not stored: ${body.slice(0, 200)}`)
      const subject = bytes.toString('latin1', msg.subjectAt, msg.subjectEnd)
      this.#options.onAck(Number(subject.slice(subject.lastIndexOf('.') + 1)), at)
    }
  }
}

interface Msg {
  subjectAt: number
  subjectEnd: number
  /** First byte of the sid; all of ours have one digit. */
  sid: number
  lineEnd: number
  /** After the headers. */
  bodyAt: number
  end: number
}

/** One connection: TLS after the server's INFO, requests to JetStream's API, and the cumulative acks. */
class NatsLink {
  readonly #access: Access
  readonly #name: string
  readonly #onMsg: (bytes: Buffer, msg: Msg, at: number) => void
  #wire: Wire | undefined
  #waiting: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined
  /** Where the newest post that is not acknowledged wants its ack, and how many bytes wait for it. */
  #ackSubject: string | undefined
  #ackBytes = 0
  #ackTimer: NodeJS.Timeout | undefined

  constructor(access: Access, name: string, onMsg: (bytes: Buffer, msg: Msg, at: number) => void) {
    this.#access = access
    this.#name = name
    this.#onMsg = onMsg
  }

  async open(): Promise<void> {
    this.#wire = await Wire.open(this.#access, true)
    const pong = this.#answer()
    this.#wire.listen(
      (bytes, at) => this.#parse(bytes, at),
      error => this.#waiting?.reject(error ?? new Error('closed by the broker')),
    )
    const options = { verbose: false, pedantic: false, headers: true, no_responders: true, lang: 'bench', version: '1' }
    const inboxes = `SUB ack.${this.#name}.* 1\r\nSUB api.${this.#name} 3\r\n`
    this.send(`CONNECT ${JSON.stringify(options)}\r\n${inboxes}PING\r\n`)
    await pong
  }

  send(head: string, payload?: Buffer): void {
    if (payload === undefined) this.#wire?.write(Buffer.from(head))
    else this.#wire?.write(Buffer.concat([Buffer.from(head), payload, Buffer.from('\r\n')]))
  }

  /** @throws Error with the server's answer when it refuses. */
  async request(method: string, config: object): Promise<void> {
    const answer = this.#answer()
    const body = Buffer.from(JSON.stringify({ ...config, stream_name: stream, config }))
    this.send(`PUB $JS.API.${method} api.${this.#name} ${body.length}\r\n`, body)
    const text = await within(connectMs, method, answer)
    if (text.includes('"error"')) throw new Error(`${method}: ${text}`)
  }

  async close(): Promise<void> {
    this.#ack()
    await this.#wire?.close()
  }

  #answer(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  #parse(bytes: Buffer, at: number): number {
    let pos = 0
    let last: Msg | undefined
    for (;;) {
      const lineEnd = bytes.indexOf(cr, pos)
      if (lineEnd < 0 || lineEnd + 1 >= bytes.length) break
      const msg = readMsg(bytes, pos, lineEnd)
      const end = msg?.end ?? lineEnd
      if (end + 2 > bytes.length) break
      if (msg === undefined) this.#onLine(bytes.toString('latin1', pos, lineEnd))
      else if (this.#deliver(bytes, msg, at)) last = msg
      pos = end + 2
    }
    if (last !== undefined) this.#ackSoon(bytes, last, pos)
    return pos
  }

  /** True for a post, which is to be acknowledged. */
  #deliver(bytes: Buffer, msg: Msg, at: number): boolean {
    if (msg.sid === sid.api) this.#waiting?.resolve(bytes.toString('latin1', msg.bodyAt, msg.end))
    else this.#onMsg(bytes, msg, at)
    return msg.sid === sid.post
  }

  /** The reply subject, third word of the line, is where the consumer hears of it. */
  #ackSoon(bytes: Buffer, msg: Msg, size: number): void {
    this.#ackSubject = bytes.toString('latin1', msg.subjectEnd + 3, msg.lineEnd).split(' ')[0]
    this.#ackBytes += size
    if (this.#ackBytes >= ackPace.bytesMax) this.#ack()
    else this.#ackTimer ??= setTimeout(() => this.#ack(), ackPace.delayMs)
  }

  #ack(): void {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    this.#ackBytes = 0
    if (this.#ackSubject !== undefined) this.send(`PUB ${this.#ackSubject} 0\r\n\r\n`)
    this.#ackSubject = undefined
  }

  #onLine(line: string): void {
    if (line === 'PING') this.send('PONG\r\n')
    else if (line === 'PONG') this.#waiting?.resolve('')
    else if (line.startsWith('-ERR')) throw new Error(`the broker says ${line}`)
  }
}

/** `MSG subject sid [reply] bytes` or `HMSG subject sid [reply] headerBytes bytes`; undefined for other lines. */
function readMsg(bytes: Buffer, pos: number, lineEnd: number): Msg | undefined {
  const withHeaders = bytes[pos] === 0x48
  const subjectAt = pos + (withHeaders ? 5 : 4)
  if (bytes[pos + (withHeaders ? 1 : 0)] !== 0x4d || bytes[subjectAt - 1] !== space) return undefined
  const subjectEnd = bytes.indexOf(space, subjectAt)
  const total = numberBefore(bytes, lineEnd)
  const headers = withHeaders ? numberBefore(bytes, total.at - 1) : { value: 0, at: 0 }
  const bodyAt = lineEnd + payloadAfterLine
  return {
    subjectAt,
    subjectEnd,
    sid: bytes[subjectEnd + 1] ?? 0,
    lineEnd,
    bodyAt: bodyAt + headers.value,
    end: bodyAt + total.value,
  }
}

/** The decimal number that ends before `end`, and where it begins. */
function numberBefore(bytes: Buffer, end: number): { value: number; at: number } {
  let value = 0
  let scale = 1
  let at = end
  for (; at > 0 && bytes[at - 1] !== space; at -= 1) {
    value += ((bytes[at - 1] ?? 48) - 48) * scale
    scale *= 10
  }
  return { value, at }
}
