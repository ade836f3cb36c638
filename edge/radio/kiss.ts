// KISS framing: bytes of a serial line ↔ frames, however the line cuts or damages them. Source of the rules: the firmware's
// examples/kiss_modem/KissModem.cpp.

const frameEnd = 0xc0
const escapeByte = 0xdb
const escapedEnd = 0xdc
const escapedEscape = 0xdd

/** Type, sub-command and 512 bytes of data: the modem makes none longer. */
export const frameBytesMax = 514

export const kissCommand = {
  data: 0,
  txDelay: 1,
  persistence: 2,
  slotTime: 3,
  fullDuplex: 5,
  setHardware: 6,
} as const

export interface KissFrame {
  /** 0 with MeshCore's modem; 0 to 15. */
  port: number
  /** One of kissCommand, or one that we do not know; 0 to 15. */
  command: number
  data: Uint8Array
}

/** The bytes of one frame, with a delimiter at both ends: the first ends whatever a damaged line began. */
export function encodeFrame({ port, command, data }: KissFrame): Uint8Array {
  const bytes = [frameEnd]
  for (const byte of [(port << 4) | command, ...data]) {
    if (byte === frameEnd) bytes.push(escapeByte, escapedEnd)
    else if (byte === escapeByte) bytes.push(escapeByte, escapedEscape)
    else bytes.push(byte)
  }
  bytes.push(frameEnd)
  return Uint8Array.from(bytes)
}

/** `between`: before the first delimiter, or behind a damage, all is skipped up to the next one. */
type Place = 'between' | 'inside' | 'escaped'

/** Takes bytes in any cut. Its memory is one frame; a frame that is damaged or too long is dropped, and the next one read. */
export class FrameDecoder {
  readonly #frame = new Uint8Array(frameBytesMax)
  #length = 0
  #place: Place = 'between'
  #damaged = 0

  /** How many frames were dropped. */
  get damaged(): number {
    return this.#damaged
  }

  /** The frames that these bytes complete. */
  push(bytes: Uint8Array): KissFrame[] {
    const frames: KissFrame[] = []
    for (const byte of bytes) {
      if (byte === frameEnd) this.#end(frames)
      else if (this.#place === 'inside') this.#add(byte)
      else if (this.#place === 'escaped') this.#addEscaped(byte)
    }
    return frames
  }

  #end(frames: KissFrame[]): void {
    const [type = 0] = this.#frame
    if (this.#place === 'escaped') this.#damaged += 1
    else if (this.#place === 'inside' && this.#length > 0)
      frames.push({ port: type >> 4, command: type & 15, data: this.#frame.slice(1, this.#length) })
    this.#length = 0
    this.#place = 'inside'
  }

  #add(byte: number): void {
    if (byte === escapeByte) this.#place = 'escaped'
    else this.#store(byte)
  }

  #addEscaped(byte: number): void {
    this.#place = 'inside'
    if (byte === escapedEnd) this.#store(frameEnd)
    else if (byte === escapedEscape) this.#store(escapeByte)
    else this.#drop()
  }

  #store(byte: number): void {
    if (this.#length === frameBytesMax) {
      this.#drop()
      return
    }
    this.#frame[this.#length] = byte
    this.#length += 1
  }

  #drop(): void {
    this.#damaged += 1
    this.#place = 'between'
  }
}
