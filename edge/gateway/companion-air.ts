// The air of a companion radio: the radio sends by itself, and we see to it that it does so within the duty cycle. What waits
// for the air gets its turn here, with a packet as long as the one that the radio will make; then the radio is told.
import type { CompanionConf } from '#common/config/radio-conf.ts'
import type { ReportedRadio } from '#common/spoke-report.ts'
import type { RadioStatus } from '#common/status.ts'
import { airLine } from '../air-report.ts'
import type { EdgeParts } from '../edge-parts.ts'
import { KeptBudget } from '../kept-budget.ts'
import { AirLedger } from '../radio/air-ledger.ts'
import { airtimeMs } from '../radio/airtime.ts'
import type { CompanionRadio } from '../radio/companion-radio.ts'
import { encodePacket, type Packet } from '../radio/packet.ts'
import { TransmitQueue } from '../radio/transmit-queue.ts'
import { radioStatus, reportedRadio } from '../radio-status.ts'

export type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>

const ticks = () => performance.now()

export class CompanionAir {
  readonly queue: TransmitQueue
  readonly #radio: CompanionRadio
  readonly #port: string
  readonly #kept: KeptBudget
  readonly #ledger = new AirLedger()

  constructor(
    { store, settings, log }: EdgeParts,
    conf: CompanionConf,
    { radio, sleep }: { radio: CompanionRadio; sleep: Sleep },
  ) {
    this.#radio = radio
    this.#port = conf.port
    this.#kept = new KeptBudget({ meta: store.meta, dutyCycle: conf.dutyCycle, ticks, log })
    this.queue = new TransmitQueue({
      radio: {
        get settings() {
          return radio.settings
        },
        get state() {
          return radio.state
        },
        // Its turn has come: who waited tells the radio.
        send: async () => {},
      },
      budget: this.#kept.budget,
      onSent: (order, ms) => this.#ledger.add(order, ms, ticks()),
      keep: ms => this.#kept.keep(ms),
      mayGo: ({ room }) => settings.get(room)?.isOnAir ?? true,
      ticks,
      sleep,
    })
  }

  /** What the radio says unasked, ACKs and ways, cannot be held back, and counts all the same. */
  saidByItself(packet: Packet, room: string): void {
    const ms = airtimeMs(encodePacket(packet).length, this.#radio.settings)
    const { budget } = this.#kept
    if (!budget.covers(ms)) this.#kept.keep(ms)
    budget.spend(ms, ticks())
    this.#ledger.add({ packet, airClass: 'answer', delayMs: 0, room, kind: 'ack' }, ms, ticks())
  }

  status(): RadioStatus {
    const { budget } = this.#kept
    return radioStatus({ port: this.#port, radio: this.#radio, queue: this.queue, budget, ledger: this.#ledger, ticks })
  }

  reported(): ReportedRadio {
    return reportedRadio({ radio: this.#radio, queue: this.queue, budget: this.#kept.budget, ticks })
  }

  /** For the log. */
  report(): string {
    const { budget } = this.#kept
    return airLine(this.#ledger.report(ticks()).lastHour, { usedMs: budget.usedMs(ticks()), maxMs: budget.maxMs })
  }

  close(): void {
    this.#kept.close()
  }
}
