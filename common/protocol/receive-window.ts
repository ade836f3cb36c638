// Bounds what one link makes us hold: posts that have arrived and are not yet stored, over all its rooms.
import { LinkError } from '../errors.ts'
import { closeCodes } from './close-codes.ts'

/** An honest sender whose own store fails over begins anew while its last window is still being stored here. */
const windowsMax = 4

export class ReceiveWindow {
  readonly #bytesMax: number
  #bytes = 0

  /** `windowBytes` is what our hello says. */
  constructor(windowBytes: number) {
    this.#bytesMax = windowBytes * windowsMax
  }

  /** @throws LinkError 4400 when the sender has not waited for our acks */
  take(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#bytesMax)
      throw new LinkError(closeCodes.protocol, `sent ${this.#bytes} bytes of posts ahead of the acks`)
  }

  release(bytes: number): void {
    this.#bytes -= bytes
  }
}
