// Texts as a search compares them: at a server, and in a browser for posts that come live.

export function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
