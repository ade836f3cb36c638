// What a room server needs of the air: a place in the queue before the radio.
import type { AirOrder, OnAir } from '../radio/transmit-queue.ts'

export interface Air {
  send(order: AirOrder): OnAir
}
