// A node of an island: a companion radio, and an owner whose app does what the MeshCore apps do. It says a post up to
// three times, floods where the known way fails, and logs in again when its posts are no longer acknowledged.
import type { RadioIdentity } from '#edge/radio/crypto.ts'
import { decodeLoginAnswer, type LoginAnswer } from '#edge/radio/logins.ts'
import type { Path } from '#edge/radio/packet.ts'
import { PacketError } from '#edge/radio/packet-error.ts'
import { decodeAnswer } from '#edge/radio/requests.ts'
import { type Text, textType } from '#edge/radio/texts.ts'
import { Companion, type CompanionParts, type Sent } from './companion.ts'
import type { IslandTime } from './time.ts'
import { type Answers, Waiters } from './waiters.ts'

/** A post of the room as it was shown to the owner. */
export interface Push {
  /** The room's second of it. */
  second: number
  attempt: number
  /** First 4 bytes of the author's public key, hex. */
  authorPrefix: string
  text: string
  /** Unix ms. */
  at: number
}

export interface PostOutcome {
  isAcked: boolean
  /** How often it was said. */
  tries: number
  /** From its first word to its ACK, or until it was given up: ms. */
  ms: number
}

export interface PostWishes {
  /** Unix seconds; default the radio's clock, each second once. */
  timestamp?: number
  /** Default 3. */
  tries?: number
}

export interface NodeParts extends Omit<CompanionParts, 'events'> {
  time: IslandTime
  /** Its radio is on, or off. */
  power: (isOn: boolean) => void
}

const triesMax = 3
/** So many posts without an ACK, and it logs in again; not before the pause is over, which doubles while that is in vain. */
const missesMax = 2
const pauseMinMs = 30_000
const pauseMaxMs = 600_000

export class IslandNode {
  readonly name: string
  readonly identity: RadioIdentity
  readonly pushes: Push[] = []
  readonly welcomes: LoginAnswer[] = []
  /** All ACKs that it has heard, hex. */
  readonly acks: string[] = []
  /** Answers to commands. */
  readonly replies: string[] = []
  /** "name: text" of the channels that it has joined. */
  readonly channelTexts: string[] = []
  /** Names of those who made themselves known, by public key. */
  readonly contacts = new Map<string, string>()
  /** Told of each push as it comes. */
  onPush: (push: Push) => void = () => {}
  /** It hears, and what it says is not on the air. */
  isMute = false
  readonly #p: NodeParts
  readonly #companion: Companion
  readonly #waiters: Waiters
  #isOff = false
  #password: string | undefined
  #misses = 0
  #pauseMs = pauseMinMs
  #isPausing = false

  constructor(parts: NodeParts) {
    this.#p = parts
    this.name = parts.name
    this.identity = parts.identity
    this.#waiters = new Waiters(parts.time)
    const { sender } = parts
    this.#companion = new Companion({
      ...parts,
      sender: {
        airtimeMs: packet => sender.airtimeMs(packet),
        send: (packet, wishes) => {
          if (!this.isMute && !this.#isOff) sender.send(packet, wishes)
        },
      },
      events: {
        onPush: push => this.#hearPush(push),
        onAck: (ack, rest) => {
          this.acks.push(ack)
          this.#waiters.hear(`ack ${ack}`, rest)
        },
        onResponse: bytes => this.#hearResponse(bytes),
        onReply: text => {
          this.replies.push(text)
          this.#waiters.hear('reply', Buffer.from(text))
        },
        onChannelText: ({ text }) => this.channelTexts.push(Buffer.from(text).toString()),
        onContact: ({ publicKey, name }) => this.contacts.set(Buffer.from(publicKey).toString('hex'), name),
      },
    })
  }

  /** Public key, hex. */
  get key(): string {
    return Buffer.from(this.identity.publicKey).toString('hex')
  }

  /** What it was pushed, in the order in which it came. */
  get texts(): string[] {
    return this.pushes.map(({ text }) => text)
  }

  /** The way to the room; undefined until it is known. */
  get path(): Path | undefined {
    return this.#companion.path
  }

  /** It has the posts up to this second of the room; may be set back. */
  get syncSince(): number {
    return this.#companion.syncSince
  }

  set syncSince(second: number) {
    this.#companion.syncSince = second
  }

  /** Away, or without power: it neither hears nor says anything. */
  get isOff(): boolean {
    return this.#isOff
  }

  set isOff(isOff: boolean) {
    this.#isOff = isOff
    this.#p.power(!isOff)
  }

  /** Whoever waits for an answer gets none. */
  end(): void {
    this.#waiters.end()
  }

  hear(bytes: Uint8Array): void {
    this.#companion.hear(bytes)
  }

  advertise(route: 'direct' | 'flood' = 'direct'): void {
    this.#companion.advertise(route)
  }

  /** The way is forgotten, as the owner may tell his app: the next packet goes by flood. */
  resetPath(): void {
    this.#companion.path = undefined
  }

  /** The welcome; undefined when there was silence, as for a wrong password. Pauses between its tries. */
  async login(password: string, { tries = triesMax }: { tries?: number } = {}): Promise<LoginAnswer | undefined> {
    for (let i = 0; i < tries; i += 1) {
      if (i > 0) {
        this.resetPath()
        await this.#waiters.pause(1000 * 2 ** i)
      }
      const answer = await this.#answerTo(
        () => this.#companion.login(password),
        () => ['login'],
      )
      if (answer === undefined) continue
      this.#password = password
      return decodeLoginAnswer(answer)
    }
    return undefined
  }

  /** Says it until it is acknowledged: the attempt is another each time, and the last try goes by flood. */
  async post(words: string, wishes: PostWishes = {}): Promise<PostOutcome> {
    const { timestamp = this.#companion.uniqueTime(), tries = triesMax } = wishes
    const startedAt = performance.now()
    const acks: string[] = []
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (attempt > 0 && attempt === tries - 1) this.resetPath()
      const text: Text = { timestamp, type: textType.plain, attempt, text: Buffer.from(words) }
      const say = () => {
        const sent = this.#companion.text(text)
        acks.push(`ack ${sent.ack}`)
        return sent
      }
      if ((await this.#answerTo(say, () => acks)) === undefined) continue
      this.#misses = 0
      return { isAcked: true, tries: attempt + 1, ms: performance.now() - startedAt }
    }
    await this.#missed()
    return { isAcked: false, tries, ms: performance.now() - startedAt }
  }

  /** The room's answer; undefined when there was none. */
  async command(words: string): Promise<string | undefined> {
    const timestamp = this.#companion.uniqueTime()
    const text: Text = { timestamp, type: textType.command, attempt: 0, text: Buffer.from(words) }
    const answer = await this.#answerTo(
      () => this.#companion.text(text),
      () => ['reply'],
    )
    return answer && Buffer.from(answer).toString()
  }

  /** `type`: one of requestType. The answer behind its timestamp, padded with zeros; undefined when there was none. */
  async request(type: number, data?: Uint8Array): Promise<Uint8Array | undefined> {
    let tag = 0
    const ask = () => {
      const sent = this.#companion.request(type, data)
      tag = sent.tag
      return sent
    }
    return await this.#answerTo(ask, () => [`answer ${tag}`])
  }

  /** How many posts it has yet to get; undefined when there was no answer. `since`: be synced anew from there. */
  async keepAlive(since = 0): Promise<number | undefined> {
    let ack = ''
    const ask = () => {
      const sent = this.#companion.keepAlive(since)
      ack = sent.ack
      return sent
    }
    return (await this.#answerTo(ask, () => [`ack ${ack}`]))?.[0]
  }

  /** Hears and speaks in the channel with this key, 16 bytes. */
  channel(key: Uint8Array): { say: (words: string) => void } {
    this.#companion.joinChannel(key)
    return { say: words => this.#companion.say(key, words) }
  }

  #answerTo(ask: () => Sent, names: () => readonly string[]): Answers {
    const { timeoutMs } = ask()
    return this.#waiters.first(names(), timeoutMs)
  }

  #hearPush({ timestamp, attempt, authorPrefix = new Uint8Array(), text }: Text): void {
    const push = {
      second: timestamp,
      attempt,
      authorPrefix: Buffer.from(authorPrefix).toString('hex'),
      text: Buffer.from(text).toString(),
      at: Date.now(),
    }
    this.pushes.push(push)
    this.onPush(push)
  }

  #hearResponse(bytes: Uint8Array): void {
    try {
      const { timestamp, data } = decodeAnswer(bytes)
      if (this.#waiters.hear(`answer ${timestamp}`, data)) return
      this.welcomes.push(decodeLoginAnswer(bytes))
      this.#waiters.hear('login', bytes)
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
    }
  }

  async #missed(): Promise<void> {
    this.#misses += 1
    if (this.#misses < missesMax || this.#password === undefined || this.#isPausing) return
    const isBack = (await this.login(this.#password, { tries: 1 })) !== undefined
    this.#misses = 0
    this.#pauseMs = isBack ? pauseMinMs : Math.min(pauseMaxMs, 2 * this.#pauseMs)
    this.#isPausing = true
    void this.#waiters.pause(this.#pauseMs).then(() => {
      this.#isPausing = false
    })
  }
}
