// How many packets were heard and sent, as a member is told who asks for the status.
import { isFlood, type Packet } from '../radio/packet.ts'
import type { ServerStats } from '../radio/requests.ts'

type Counts = Pick<
  ServerStats,
  'sentFlood' | 'sentDirect' | 'heardFlood' | 'heardDirect' | 'floodTwice' | 'directTwice'
>

export class PacketCounts {
  readonly #counts: Counts = {
    sentFlood: 0,
    sentDirect: 0,
    heardFlood: 0,
    heardDirect: 0,
    floodTwice: 0,
    directTwice: 0,
  }

  get all(): Counts {
    return { ...this.#counts }
  }

  heard(packet: Packet): void {
    this.#counts[isFlood(packet) ? 'heardFlood' : 'heardDirect'] += 1
  }

  heardAgain(packet: Packet): void {
    this.#counts[isFlood(packet) ? 'floodTwice' : 'directTwice'] += 1
  }

  sent(packet: Packet): void {
    this.#counts[isFlood(packet) ? 'sentFlood' : 'sentDirect'] += 1
  }
}
