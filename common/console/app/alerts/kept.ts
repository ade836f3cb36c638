// Small texts in the browser's storage; one that is forbidden or full keeps nothing, and that is all.
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
