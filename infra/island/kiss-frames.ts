// KISS framing as the modem does it, mistakes included. Written apart from the edge's own framing, so that a fault there
// is not repeated here. Source of the rules: the firmware's examples/kiss_modem/KissModem.cpp, loop().

const end = 0xc0
const escapeByte = 0xdb
const escapedEnd = 0xdc
const escapedEscape = 0xdd
const frameBytesMax = 512

/** Type and data, with a delimiter at both ends. */
export function framed(type: number, data: Uint8Array): Uint8Array {
  const escaped = [type, ...data].flatMap(byte => {
    if (byte === end) return [escapeByte, escapedEnd]
    return byte === escapeByte ? [escapeByte, escapedEscape] : [byte]
  })
  return Uint8Array.from([end, ...escaped, end])
}

export class HostFrames {
  #bytes: number[] = []
  #isEscaped = false
  /** Before the first delimiter, and behind a frame that is too long, it does not listen. */
  #isActive = false

  /** The frames that these bytes complete: type and data. A wrong escape costs its byte, and the frame is used all the same. */
  take(bytes: Uint8Array): number[][] {
    const frames: number[][] = []
    for (const byte of bytes) {
      if (byte === end) {
        if (this.#isActive && this.#bytes.length > 0) frames.push(this.#bytes)
        this.#restart(true)
      } else if (this.#isActive) this.#add(byte)
    }
    return frames
  }

  #add(byte: number): void {
    if (byte === escapeByte) {
      this.#isEscaped = true
      return
    }
    const meant = this.#isEscaped ? unescaped(byte) : byte
    this.#isEscaped = false
    if (meant === undefined) return
    if (this.#bytes.length < frameBytesMax) this.#bytes.push(meant)
    else this.#restart(false)
  }

  #restart(isActive: boolean): void {
    this.#bytes = []
    this.#isEscaped = false
    this.#isActive = isActive
  }
}

function unescaped(byte: number): number | undefined {
  if (byte === escapedEnd) return end
  return byte === escapedEscape ? escapeByte : undefined
}
