// A light client of our own link protocol: a spoke whose log is a list in memory, and that stores nothing but its cursors.
import { randomBytes } from 'node:crypto'
import { type Cursor, newEpoch } from '#common/cursor.ts'
import { AckPace } from '#common/protocol/ack-pace.ts'
import { decodeFrame, encodeFrame } from '#common/protocol/codec.ts'
import { type Frame, type FrameOf, subprotocol } from '#common/protocol/frames.ts'
import { checkProof, linkKey, makeHello, makeProof, type Self } from '#common/protocol/handshake.ts'
import { type Access, ackPace, type BenchPost, type Client, type Spoke, type SpokeOptions } from '../broker.ts'
import { within } from '../deadline.ts'
import { postHead, readSeq } from '../posts.ts'
import { OwnLog } from './own-log.ts'
import { opcode, readWsFrame, upgradeAnswerBytes, upgradeRequest, wsFrame } from './websocket.ts'
import { Wire } from './wire.ts'

const connectMs = 20_000
const postsFrameHead = Buffer.from('{"t":"posts"')
const postsKey = Buffer.from('"posts":[')
const postHeadBytes = Buffer.from(postHead)

export const mcfedClient: Client = {
  echoes: false,
  prepare: () => Promise.resolve(),
  spoke: (access, options) => new McfedSpoke(access, options),
}

class McfedSpoke implements Spoke {
  readonly #access: Access
  readonly #options: SpokeOptions
  readonly #self: Self
  readonly #epoch = newEpoch()
  readonly #logs = new Map<string, OwnLog>()
  readonly #cursors = new Map<string, Cursor>()
  /** Rooms of which this link has heard nothing yet, by what is to be heard. */
  readonly #awaited = new Set<string>()
  readonly #acks = new AckPace({ ...ackPace, send: ack => this.#send(ack) })
  #wire: Wire | undefined
  #onText: ((text: string) => void) | undefined
  #onReady: () => void = () => {}
  #fail: (error: Error) => void = () => {}
  #upgraded = false
  #shipping = false

  constructor(access: Access, options: SpokeOptions) {
    this.#access = access
    this.#options = options
    const { name, identity, rooms } = options
    const { secret } = access
    const boot = randomBytes(8).toString('base64url')
    this.#self = { identity, name, role: 'edge', software: 'bench', boot, secret, now: Date.now }
    for (const room of rooms) this.#logs.set(room, new OwnLog(room, this.#epoch))
  }

  async connect(): Promise<void> {
    await within(connectMs, `link of ${this.#options.name}`, this.#open())
  }

  publish(post: BenchPost): void {
    this.#logs.get(post.room)?.add(post)
    this.#ship()
  }

  async disconnect(): Promise<void> {
    for (const log of this.#logs.values()) log.goOnAfter(undefined)
    await this.#wire?.close()
    this.#wire = undefined
  }

  async #open(): Promise<void> {
    this.#upgraded = false
    this.#shipping = false
    const wire = await Wire.open(this.#access)
    this.#wire = wire
    const broken = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    wire.listen(
      (bytes, at) => this.#parse(bytes, at),
      error => this.#fail(error ?? new Error('closed by the hub')),
    )
    wire.write(upgradeRequest(this.#access.port, '/federation', subprotocol))
    await Promise.race([this.#begin(wire), broken])
  }

  async #begin(wire: Wire): Promise<void> {
    const { rooms, follows } = this.#options
    this.#awaited.clear()
    for (const room of rooms) {
      this.#awaited.add(`resume ${room}`)
      if (follows) this.#awaited.add(`start ${room}`)
      if (follows && !this.#cursors.has(room)) this.#awaited.add(`posts ${room}`)
    }
    const ready = new Promise<void>(resolve => {
      this.#onReady = resolve
    })
    await this.#greet(wire)
    if (follows) {
      const places = rooms.map(room => [
        room,
        { cursor: this.#cursors.get(room) ?? null, epoch: this.#epoch, ended: {} },
      ])
      this.#send({ t: 'resume', n: 1, rooms: Object.fromEntries(places) })
    }
    await ready
  }

  /** hello, the hub's hello and proof, our proof. */
  async #greet(wire: Wire): Promise<void> {
    const { rooms, follows } = this.#options
    const wanted = rooms.map(room => ({ room, read: follows, write: true }))
    const mine = encodeFrame(makeHello(this.#self, 'exporter', wanted))
    const answers = this.#twoTexts()
    wire.write(wsFrame(opcode.text, [Buffer.from(mine)]))
    const [theirs, proofText] = await answers
    const hello = decodeFrame(theirs)
    const proof = decodeFrame(proofText)
    if (hello?.t !== 'hello' || proof?.t !== 'proof') throw new Error(`no hello and proof but ${theirs}`)
    const exporter = hello.binding === 'exporter' ? wire.exporter : undefined
    const transcript = { dialler: mine, acceptor: theirs, exporter }
    const key = linkKey(this.#self.secret, this.#self.identity.id, hello.id)
    const verdict = checkProof({ side: 'acceptor', id: hello.id, keys: [key], transcript, proof })
    if ('fault' in verdict) throw new Error(verdict.fault)
    this.#send(makeProof('dialler', this.#self, [key], transcript))
  }

  #twoTexts(): Promise<[string, string]> {
    const texts: string[] = []
    return new Promise(resolve => {
      this.#onText = text => {
        if (texts.push(text) < 2) return
        this.#onText = undefined
        resolve([texts[0] ?? '', text])
      }
    })
  }

  #send(frame: Frame): void {
    this.#wire?.write(wsFrame(opcode.text, [Buffer.from(encodeFrame(frame))]))
  }

  #parse(bytes: Buffer, at: number): number {
    let pos = 0
    if (!this.#upgraded) {
      pos = upgradeAnswerBytes(bytes)
      if (pos === 0) return 0
      this.#upgraded = true
    }
    while (pos < bytes.length) {
      const frame = readWsFrame(bytes, pos)
      if (frame.end > bytes.length) {
        if (this.#wire !== undefined) this.#wire.need = frame.end - pos
        break
      }
      this.#onWsFrame(frame.opcode, bytes.subarray(frame.start, frame.end), at)
      pos = frame.end
    }
    return pos
  }

  #onWsFrame(code: number, body: Buffer, at: number): void {
    if (code === opcode.close) throw new Error(`the hub closes: ${body.toString('utf8', 2)}`)
    if (code === opcode.ping) this.#wire?.write(wsFrame(opcode.pong, [body]))
    else if (this.#onText !== undefined) this.#onText(body.toString())
    else if (body.subarray(0, postsFrameHead.length).equals(postsFrameHead)) this.#onPosts(body, at)
    else this.#onFrame(decodeFrame(body.toString()), at)
  }

  /** Counts posts by their first bytes; only what stands before them is read as JSON. */
  #onPosts(body: Buffer, at: number): void {
    const postsAt = body.indexOf(postsKey, postsFrameHead.length) + postsKey.length
    const { room, epoch, next }: FrameOf<'posts'> = JSON.parse(`${body.toString('latin1', 0, postsAt)}]}`)
    for (let i = body.indexOf(postHeadBytes, postsAt); i >= 0; i = body.indexOf(postHeadBytes, i + 1))
      this.#options.onDelivery(readSeq(body, i), at)
    this.#cursors.set(room, { epoch, offset: next })
    this.#acks.stored({ t: 'ack', room, epoch, offset: next }, body.length)
    this.#heard(`posts ${room}`)
  }

  #onFrame(frame: Frame | undefined, at: number): void {
    switch (frame?.t) {
      case 'ack':
        return this.#onAck(frame, at)
      case 'resume':
        return this.#onResume(frame)
      case 'start':
        return this.#heard(`start ${frame.room}`)
      case 'offer':
        return this.#send({ ...frame, t: 'want' })
      case 'ping':
        return this.#send({ t: 'pong', n: frame.n })
      case 'gap':
        process.stderr.write(`${this.#options.name}: gap ${frame.from} to ${frame.to}, ${frame.why}\n`)
        return
      case 'bye':
        throw new Error(`the hub says ${frame.code} ${frame.reason}`)
    }
  }

  #onAck({ room, offset }: FrameOf<'ack'>, at: number): void {
    this.#logs.get(room)?.ackUpTo(offset, seq => this.#options.onAck(seq, at))
  }

  #onResume({ n, rooms }: FrameOf<'resume'>): void {
    for (const [room, { cursor }] of Object.entries(rooms)) {
      const log = this.#logs.get(room)
      if (log === undefined) continue
      const after = cursor?.epoch === this.#epoch ? cursor.offset : 0
      log.goOnAfter(after)
      this.#send({ t: 'start', room, n, epoch: this.#epoch, after, head: log.head })
      this.#heard(`resume ${room}`)
    }
    this.#ship()
  }

  #heard(what: string): void {
    if (this.#awaited.delete(what) && this.#awaited.size === 0) this.#onReady()
  }

  #ship(): void {
    if (this.#shipping) return
    this.#shipping = true
    this.#wire?.write(() => this.#postsFrames())
  }

  #postsFrames(): Buffer {
    this.#shipping = false
    return Buffer.concat([...this.#logs.values()].flatMap(log => log.takeFrames()))
  }
}
