// A MeshCore app at a TCP port: the independent client meshcore.js, with what it loses of the frames read beside it.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type CompanionReply, decodeReply } from '#edge/radio/companion-replies.ts'
import { waitFor } from './wait-for.ts'

/** What is used of the client, which has no types. */
interface Peer {
  socket: Socket
  connect(): Promise<void>
  on(event: string | number, listener: (value: never) => void): void
  emit(event: string, value: unknown): void
  onFrameReceived(frame: number[]): void
  [command: string]: unknown
}

/** Login failed, and what is answered to commands that the library does not have. */
const unhandled = new Set([0x86, 21, 23, 25, 26, 28])
const library: string = '@liamcottle/meshcore.js'
const { TCPConnection } = (await import(library)) as { TCPConnection: new (host: string, port: number) => Peer }

export interface AppContact {
  publicKey: Uint8Array
  type: number
  advName: string
  lastMod: number
}

/** A push from a room: whose it is stands in `author`, 8 hex digits. */
export interface ReadText {
  timestamp: number
  author: string
  text: string
}

type ReplyOf<K extends CompanionReply['kind']> = Extract<CompanionReply, { kind: K }>

export class MeshcoreApp {
  /** All that was received, in order. */
  readonly replies: CompanionReply[] = []
  readonly peer: Peer
  isClosed = false

  /** Connects as apps do: device query first. */
  static async open(port: number): Promise<MeshcoreApp> {
    const app = new MeshcoreApp(new TCPConnection('127.0.0.1', port))
    const connected = new Promise<void>(resolve => app.peer.on('connected', resolve))
    await app.peer.connect()
    await connected
    return app
  }

  private constructor(peer: Peer) {
    this.peer = peer
    peer.on('rx', (frame: number[]) => this.replies.push(decodeReply(Uint8Array.from(frame))))
    const handle = peer.onFrameReceived
    // It has no handler for these, and would say so.
    peer.onFrameReceived = frame => (unhandled.has(frame[0] ?? 0) ? peer.emit('rx', frame) : handle.call(peer, frame))
    peer.on('disconnected', () => {
      this.isClosed = true
    })
  }

  /** A command of the client library, and what it makes of the answer. */
  call<T>(name: string, ...values: unknown[]): Promise<T> {
    const command = this.peer[name] as (...given: unknown[]) => Promise<T>
    return Promise.race([command.apply(this.peer, values), overdue(name)])
  }

  contacts(): Promise<AppContact[]> {
    return this.call('getContacts')
  }

  /** The permission that was granted; undefined for a wrong password. */
  async login(room: Uint8Array, password: string): Promise<number | undefined> {
    const before = this.replies.length
    await this.call('sendCommandSendLogin', room, password)
    const answer = await this.next(({ kind }) => kind.startsWith('login-') || kind === 'error', before)
    return answer.kind === 'login-success' ? answer.permission : undefined
  }

  /** Resolves when the room has confirmed it. */
  async post(room: Uint8Array, text: string, timestamp = Math.floor(Date.now() / 1000)): Promise<void> {
    const before = this.replies.length
    await this.call('sendCommandSendTxtMsg', 0, 0, timestamp, room, text)
    const sent = await this.next(({ kind }) => kind === 'sent' || kind === 'error', before)
    if (sent.kind !== 'sent') throw new Error(`not sent: ${JSON.stringify(sent)}`)
    await this.next(reply => reply.kind === 'confirmed' && Buffer.from(reply.tag).equals(sent.tag), before)
  }

  /** The answer to a command of an admin. */
  async command(room: Uint8Array, text: string): Promise<string> {
    const before = this.replies.length
    await this.call('sendCommandSendTxtMsg', 1, 0, Math.floor(Date.now() / 1000), room, text)
    await this.next(({ kind }) => kind === 'texts-waiting', before)
    return (await this.read())[0]?.text ?? ''
  }

  /** All that waits, the oldest first. */
  async read(): Promise<ReadText[]> {
    const before = this.replies.length
    await this.call('getWaitingMessages')
    return this.replies.slice(before).flatMap(reply => textOf(reply))
  }

  /** Reads whenever it is told to, until it has so many texts. */
  async readUntil(count: number): Promise<ReadText[]> {
    const texts: ReadText[] = []
    while (texts.length < count) {
      const before = this.replies.length
      texts.push(...(await this.read()))
      if (texts.length < count) await this.next(({ kind }) => kind === 'texts-waiting', before)
    }
    return texts
  }

  /** The first such reply from the one numbered `from` on. */
  next(isIt: (reply: CompanionReply) => boolean, from: number): Promise<CompanionReply> {
    return waitFor(() => this.replies.slice(from).find(isIt), { what: 'a reply to the app' })
  }

  all<K extends CompanionReply['kind']>(kind: K): ReplyOf<K>[] {
    return this.replies.filter((reply): reply is ReplyOf<K> => reply.kind === kind)
  }

  /** As an app that is put away. */
  async close(): Promise<void> {
    const gone = once(this.peer.socket, 'close')
    this.peer.socket.end()
    await gone
  }

  /** As a phone that leaves the WiFi: what was sent to it is lost. */
  cut(): void {
    this.peer.socket.resetAndDestroy()
  }
}

function textOf(reply: CompanionReply): ReadText[] {
  if (reply.kind !== 'contact-text' && reply.kind !== 'old-contact-text') return []
  const { timestamp, authorPrefix = new Uint8Array(), text } = reply.body
  return [{ timestamp, author: Buffer.from(authorPrefix).toString('hex'), text: Buffer.from(text).toString() }]
}

async function overdue(what: string): Promise<never> {
  const { setTimeout: delay } = await import('node:timers/promises')
  await delay(30_000, undefined, { ref: false })
  throw new Error(`the app waits in vain: ${what}`)
}
