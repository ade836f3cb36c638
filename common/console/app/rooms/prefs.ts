// How a person wants times to be shown, kept in this browser.
import { signal } from '@preact/signals'
import { keepText } from '../shell/kept.ts'
import type { Zone } from './feed-words.ts'

const zoneKey = 'mcfed.zone'

export class Prefs {
  readonly zone = signal<Zone>('local')
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage
    if (storage.getItem(zoneKey) === 'utc') this.zone.value = 'utc'
  }

  setZone(zone: Zone): void {
    this.zone.value = zone
    keepText(this.#storage, zoneKey, zone)
  }
}
