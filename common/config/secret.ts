// What a federation secret must be, and how to tell a placeholder from a real one.

export const secretCharsMin = 32
const secretCharsMax = 1024
const placeholder = /replace|change[\s_-]?(?:me|it)|64 hex digits|your[\s_-]secret|…|\.\.\./i
const howTo = 'generate one with: openssl rand -hex 32'

/** True for the text of an example that was never replaced. */
export function isPlaceholder(text: string): boolean {
  return placeholder.test(text)
}

/** What is wrong with a federation secret and how to mend it, or undefined. The reason never holds the secret. */
export function secretFault(secret: string | undefined): string | undefined {
  if (secret === undefined) return `is required, the same on all servers of the federation; ${howTo}`
  if (isPlaceholder(secret)) return `is still the placeholder of the example; ${howTo}`
  if (/^\s|\s$|\p{Cc}/u.test(secret)) return 'must not begin or end with a blank, nor hold control characters'
  const { length } = [...secret]
  if (length < secretCharsMin)
    return `is too short: ${length} characters, at least ${secretCharsMin} are needed; ${howTo}`
  if (length > secretCharsMax) return `is too long: at most ${secretCharsMax} characters`
  if (new Set(secret).size === 1) return `is one character repeated; ${howTo}`
  return undefined
}
