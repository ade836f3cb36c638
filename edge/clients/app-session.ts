// One connection of a MeshCore app, from its first byte to its last.
import type { Socket } from 'node:net'
import type { Log } from '#common/log.ts'
import { PacedWriter } from '#common/paced-writer.ts'
import { type CompanionCommand, decodeCommand } from '../radio/companion-commands.ts'
import { CompanionError } from '../radio/companion-error.ts'
import { CompanionFrameDecoder, encodeCompanionFrame } from '../radio/companion-frames.ts'
import { type CompanionReply, encodeReply } from '../radio/companion-replies.ts'
import type { AppCompanion } from './app-companion.ts'
import { refused } from './app-device.ts'

export interface AppSessionLimits {
  /** From connecting to the first command. */
  firstMs: number
  /** Longest time without a byte in either direction; apps say nothing by themselves. */
  idleMs: number
  /** Longest time without progress while the app does not read. */
  stallMs: number
}

export interface AppSessionOptions {
  socket: Socket
  companion: (say: (reply: CompanionReply) => void) => AppCompanion
  /** The first command came: it is an app. */
  onFirst: () => void
  limits: AppSessionLimits
  log: Log
}

/** Bytes that belong to no frame. */
const skippedMax = 4096
/** At the end the app has this long to take what was said. */
const lingerMs = 1000

export class AppSession {
  readonly #o: AppSessionOptions
  readonly #out: PacedWriter<Uint8Array>
  readonly #companion: AppCompanion
  readonly #frames = new CompanionFrameDecoder('to-radio')
  #isKnown = false
  #isOver = false

  constructor(options: AppSessionOptions) {
    const { socket, companion, limits } = options
    this.#o = options
    this.#out = new PacedWriter({
      write: (frame, done) => socket.write(frame, done),
      onStalled: () => socket.destroy(),
      stallMs: limits.stallMs,
    })
    this.#companion = companion(reply => this.#say(reply))
  }

  /** Serves the app; resolves when its connection is gone. Never rejects. */
  async run(): Promise<void> {
    const { socket, limits, log } = this.#o
    const closed = new Promise<boolean>(resolve => socket.once('close', resolve))
    const deadline = setTimeout(() => this.#isKnown || this.finish(), limits.firstMs)
    socket.setTimeout(limits.idleMs, () => this.finish())
    let hasEnded = false
    try {
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) await this.#take(chunk)
      hasEnded = !this.#isOver
    } catch (error) {
      log.debug({ err: error }, 'a MeshCore app was cut off')
    }
    clearTimeout(deadline)
    this.finish()
    this.#leave(!(await closed) && hasEnded)
  }

  /** Ends the connection. It is gone in a second, whatever the app does. */
  finish(): void {
    if (this.#isOver) return
    const { socket } = this.#o
    this.#isOver = true
    this.#out.close()
    const linger = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(linger))
    socket.end()
  }

  /** A system that has lost a text with its app resets the connection: an orderly end says that the app had it. */
  #leave(isClean: boolean): void {
    try {
      this.#companion.leave(isClean)
    } catch (error) {
      this.#o.log.warn(`the place of a MeshCore app was not kept: ${String(error)}`)
    }
  }

  /** Obeys one command after the other: while one is obeyed, or its answer not taken, nothing more is read. */
  async #take(chunk: Buffer): Promise<void> {
    for (const content of this.#frames.push(chunk)) {
      if (this.#isOver) return
      this.#greet()
      await this.#obey(content)
      await this.#out.drained()
    }
    // TCP loses nothing: who does not begin with a frame is no app. A web page, for one, begins with its headers.
    if (this.#frames.skippedBytes > (this.#isKnown ? skippedMax : 0)) this.finish()
  }

  #greet(): void {
    if (this.#isKnown || this.#frames.skippedBytes > 0) return
    this.#isKnown = true
    this.#o.onFirst()
  }

  async #obey(content: Uint8Array): Promise<void> {
    if (!this.#isKnown) return
    const command = commandOf(content)
    try {
      if (command === undefined) this.#say(refused('unsupportedCommand'))
      else await this.#companion.obey(command)
    } catch (error) {
      this.#o.log.error({ err: error }, 'a MeshCore app could not be served')
      this.finish()
    }
  }

  #say(reply: CompanionReply): void {
    if (!this.#isOver) this.#out.send(encodeCompanionFrame('to-app', encodeReply(reply)))
  }
}

/** Undefined for what is too short: the firmware knows no such command. */
function commandOf(content: Uint8Array): CompanionCommand | undefined {
  try {
    return decodeCommand(content)
  } catch (error) {
    if (error instanceof CompanionError) return undefined
    throw error
  }
}
