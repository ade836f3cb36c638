// Cuts a stream of bytes into lines, wherever the stream was cut before.
import { LineFault } from './lines-commands.ts'

/** Longest line without its newline, in bytes. */
export const lineBytesMax = 8192

export class LineSplitter {
  readonly #begun = Buffer.alloc(lineBytesMax)
  #bytes = 0;

  /** The lines that end in `chunk`, without their newline. Throws LineFault once a line is too long. */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#add(chunk.subarray(start, end))
      const line = Buffer.from(this.#begun.subarray(0, this.#bytes))
      this.#bytes = 0
      yield line
      start = end + 1
    }
    this.#add(chunk.subarray(start))
  }

  #add(part: Buffer): void {
    if (this.#bytes + part.length > lineBytesMax)
      throw new LineFault('line_too_long', `a line has at most ${lineBytesMax} bytes; end every line with a newline`)
    this.#bytes += part.copy(this.#begun, this.#bytes)
  }
}
