// What a room server needs of the air: a place in the queue before the radio.
import type { Packet } from '../radio/packet.ts'

/** What goes first: somebody waits for an answer; then posts, the nearer the sooner; adverts can wait. */
export type AirClass = 'answer' | 'local' | 'live' | 'catch-up' | 'advert'

export interface AirOrder {
  packet: Packet
  airClass: AirClass
  /** Not before so long. */
  delayMs: number
  /** Whose it is, for the ledger. */
  room: string
}

export interface OnAir {
  /** True when it was on the air; false when the radio, the budget or the queue had no place for it. Never rejects. */
  sent: Promise<boolean>
  /** It is of no use any more, if it is not under way. */
  cancel: () => void
}

export interface Air {
  send(order: AirOrder): OnAir
}
