// Asks for something again and again: soon again while somebody looks, seldom while the page is hidden, never twice at once.
export interface PollOptions {
  everyMs: number
  /** While nobody looks; default the same. */
  hiddenMs?: number
  isHidden?: () => boolean
}

/** Until the returned function is called. `job` gets a signal that aborts then; what it throws is its own to tell. */
export function poll(
  job: (signal: AbortSignal) => Promise<void>,
  { everyMs, hiddenMs = everyMs, isHidden }: PollOptions,
): () => void {
  const stopping = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const round = async () => {
    await job(stopping.signal).catch(() => {})
    if (!stopping.signal.aborted) timer = setTimeout(round, isHidden?.() ? hiddenMs : everyMs)
  }
  void round()
  return () => {
    stopping.abort()
    clearTimeout(timer)
  }
}
