// Lets a handshake await frames one by one, then hands the connection over to the link.
import { LinkError } from '../errors.ts'
import { closeCodes } from '../protocol/close-codes.ts'
import { frameBytesMax, roomsPerLinkMax } from '../protocol/frames.ts'
import type { Transport, TransportEvents } from './transport.ts'

/** Behind its proof a dialler says where it stands, a frame for each room, while the acceptor still makes place for it. */
const waitingFramesMax = roomsPerLinkMax + 8
/** A peer that has proved nothing may not make us hold more. */
const waitingCharactersMax = 2 * frameBytesMax

export class FrameReader implements TransportEvents {
  readonly transport: Transport
  #frames: string[] = []
  #characters = 0
  #closed: LinkError | undefined
  #waiter: { resolve: (frame: string) => void; reject: (error: unknown) => void } | undefined
  #successor: TransportEvents | undefined

  constructor(transport: Transport) {
    this.transport = transport
    transport.listen(this)
  }

  /** The next frame. @throws LinkError 4408 after `timeoutMs`, or with the close code when the connection ended */
  next(timeoutMs: number): Promise<string> {
    const frame = this.#frames.shift()
    this.#characters -= frame?.length ?? 0
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiter = undefined
        reject(new LinkError(closeCodes.dead, `nothing heard for ${timeoutMs / 1000} s while linking`))
      }, timeoutMs)
      const settle = () => {
        clearTimeout(timer)
        this.#waiter = undefined
      }
      this.#waiter = {
        resolve: text => {
          settle()
          resolve(text)
        },
        reject: error => {
          settle()
          reject(error)
        },
      }
    })
  }

  /** The next frame, which stays where it is. @throws as `next` */
  async peek(timeoutMs: number): Promise<string> {
    const frame = await this.next(timeoutMs)
    this.#frames.unshift(frame)
    this.#characters += frame.length
    return frame
  }

  /** From now on frames go to `events`, those that came early first. */
  handOver(events: TransportEvents): void {
    this.#successor = events
    const early = this.#frames
    this.#frames = []
    for (const frame of early) events.onFrame(frame)
    if (this.#closed !== undefined) events.onClose(this.#closed.code, this.#closed.message)
  }

  /** Ends the connection; whoever waits for a frame learns it at once, whatever the other end does. */
  abandon(code: number, reason: string): void {
    this.transport.close(code, reason)
    this.onClose(code, reason)
  }

  onFrame(text: string): void {
    if (this.#successor !== undefined) this.#successor.onFrame(text)
    else if (this.#waiter !== undefined) this.#waiter.resolve(text)
    else this.#keep(text)
  }

  onClose(code: number, reason: string): void {
    this.#closed = new LinkError(code, reason)
    if (this.#successor !== undefined) this.#successor.onClose(code, reason)
    else this.#waiter?.reject(this.#closed)
  }

  #keep(text: string): void {
    this.#frames.push(text)
    this.#characters += text.length
    if (this.#frames.length <= waitingFramesMax && this.#characters <= waitingCharactersMax) return
    this.#frames.pop()
    this.transport.close(closeCodes.protocol, 'too many frames before the proof')
  }
}
