// Small texts in the browser's storage; one that is forbidden or full keeps nothing, and that is all. Anything may stand there: another
// version of this page has written it, or somebody else.
export type Kept = Pick<Storage, 'getItem' | 'setItem'>

export function keptText(storage: Kept, key: string): string | null {
  try {
    return storage.getItem(key)
  } catch {
    return null
  }
}

export function keepText(storage: Kept, key: string, text: string): void {
  try {
    storage.setItem(key, text)
  } catch {
    // It lasts as long as the page then.
  }
}

/** Unix ms that a Date can hold: nothing else can be shown as a time. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime())
}
