// Framing of the companion protocol on a serial line or TCP: a direction, a length, and that many bytes. Source of the rules: the
// firmware's src/helpers/ArduinoSerialInterface.cpp.
import { CompanionError } from './companion-error.ts'

/** The firmware sends nothing longer, and cuts what is. */
export const companionBytesMax = 176

const headBytes = 3
const marks = { 'to-radio': 0x3c, 'to-app': 0x3e } as const

/** `to-radio` begins with `<`, `to-app` with `>`. */
export type CompanionDirection = keyof typeof marks

/** `content`: 1 to 176 bytes, a command or a reply. @throws CompanionError when it has fewer or more */
export function encodeCompanionFrame(direction: CompanionDirection, content: Uint8Array): Uint8Array {
  const { length } = content
  if (!isLength(length))
    throw new CompanionError(`a companion frame holds 1 to ${companionBytesMax} bytes, not ${length}`)
  return Buffer.concat([Uint8Array.of(marks[direction], length & 255, length >> 8), content])
}

/**
 * Takes bytes in any cut, and gives the contents of frames. Its memory is one frame. There is no checksum: on a line that was
 * opened within a frame a false head may swallow up to 176 bytes, so the first questions may need to be asked again.
 */
export class CompanionFrameDecoder {
  readonly #mark: number
  readonly #frame = new Uint8Array(headBytes + companionBytesMax)
  #length = 0
  #skippedBytes = 0

  /** `direction` of the frames that come in; all else is skipped. */
  constructor(direction: CompanionDirection) {
    this.#mark = marks[direction]
  }

  /** How many bytes belonged to no frame. */
  get skippedBytes(): number {
    return this.#skippedBytes
  }

  /** The contents that these bytes complete, 1 to 176 bytes each. */
  push(bytes: Uint8Array): Uint8Array[] {
    const contents: Uint8Array[] = []
    for (const byte of bytes) {
      this.#frame[this.#length] = byte
      this.#length += 1
      if (this.#length <= headBytes) this.#checkHead()
      else if (this.#length === headBytes + this.#contentLength()) this.#end(contents)
    }
    return contents
  }

  #checkHead(): void {
    const isWrong = this.#frame[0] !== this.#mark || (this.#length === headBytes && !isLength(this.#contentLength()))
    if (isWrong) this.#skipToMark()
  }

  /** The head that is wrong may hold the beginning of the right one. */
  #skipToMark(): void {
    const next = this.#frame.subarray(0, this.#length).indexOf(this.#mark, 1)
    const skipped = next < 0 ? this.#length : next
    this.#frame.copyWithin(0, skipped, this.#length)
    this.#length -= skipped
    this.#skippedBytes += skipped
  }

  #end(contents: Uint8Array[]): void {
    contents.push(this.#frame.slice(headBytes, this.#length))
    this.#length = 0
  }

  #contentLength(): number {
    const [, low = 0, high = 0] = this.#frame
    return low | (high << 8)
  }
}

function isLength(length: number): boolean {
  return length > 0 && length <= companionBytesMax
}
