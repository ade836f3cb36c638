// What the rest of the edge needs of a radio that sends and hears raw packets.

/** How the radio is set. Both ends of a contact must agree in all of it but the power. */
export interface RadioSettings {
  frequencyHz: number
  bandwidthHz: number
  /** 5 to 12. */
  spreadingFactor: number
  /** Denominator: 5 for 4/5, up to 8. */
  codingRate: number
  txPowerDbm: number
}

/** A packet as it was heard. */
export interface Reception {
  packet: Uint8Array
  /** Null where the radio did not say. */
  snrDb: number | null
  rssiDbm: number | null
}

/** `opening`: there is no radio at the port, or it does not answer yet. `ready`: set as we want it, and checked. */
export type RadioState = 'opening' | 'ready' | 'closed'

export interface RadioEvents {
  onPacket(reception: Reception): void
  /** `reason` is for the operator: why it is not ready, empty when it is. */
  onState(state: RadioState, reason: string): void
}

export interface RadioStats {
  heard: number
  sent: number
  failed: number
  /** Heard and damaged, as the radio counts them; null where it does not. */
  damaged: number | null
  noiseFloorDbm: number | null
  /** Of the radio's board; null where it does not say. */
  batteryMillivolts: number | null
  temperatureCelsius: number | null
  /** Of the last packet heard; null before the first, and where the radio does not say. */
  lastSnrDb: number | null
  lastRssiDbm: number | null
  /** How often the port was opened anew. */
  reopened: number
}

/** What a radio says of itself. */
export interface Modem {
  /** As its maker calls the board; null when it does not say. */
  board: string | null
  version: number
}

export interface Radio {
  readonly settings: RadioSettings
  readonly state: RadioState
  /** Null while it is not ready. */
  readonly modem: Modem | null
  /** Must be called once; it opens the radio, and reopens it for ever. */
  listen(events: RadioEvents): void
  /**
   * One packet of at most 255 bytes; one at a time. Resolves when the radio says that it is on the air and over. `mayAgain`
   * is asked before the same packet goes once more: it was on the air perhaps.
   * @throws RadioError when it was not, or nobody knows
   */
  send(packet: Uint8Array, signal?: AbortSignal, mayAgain?: () => boolean): Promise<void>
  stats(): RadioStats
  close(): Promise<void>
}

/** The radio did not send a packet, or is not there. */
export class RadioError extends Error {
  override name = 'RadioError'
}
