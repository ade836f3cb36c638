// Texts on their way out of the page: to the clipboard, or as a file.

/** False when the browser does not let us. */
export async function copyText(text: string): Promise<boolean> {
  // It is there on https and on the machine itself only; an edge's console is plain http.
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // Not allowed: perhaps the older way is.
    }
  }
  return copyBySelection(text)
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'hidden-visually'
  // Where the focus is: a menu closes when that goes elsewhere.
  ;(before?.parentElement ?? document.body).append(area)
  area.select()
  const isDone = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return isDone
}

export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser reads it behind our back.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
