// Text counted and cut in bytes of UTF-8, as the air and the schema count. For browsers, too: no Buffer.

/** As Buffer.byteLength: a lone surrogate counts as the three bytes of U+FFFD. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    // A pair is one character of four bytes: its second half has been counted.
    if (isPair(text, i)) i += 1
  }
  return bytes
}

/** As much of the text as fits into `bytesMax`, cut between characters. */
export function cutUtf8(text: string, bytesMax: number): string {
  let end = 0
  let used = 0
  for (const character of text) {
    used += utf8Bytes(character)
    if (used > bytesMax) break
    end += character.length
  }
  return text.slice(0, end)
}

function isPair(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00
}
