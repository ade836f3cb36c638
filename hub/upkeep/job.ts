// A job of upkeep: something that is done again and again, by one instance of all at a time.

export interface Job {
  /** Names it among all jobs, in the metrics too: lower-case letters, digits, `-`. */
  readonly name: string
  /** It is due so often, and `wake` has it run sooner. */
  readonly everyMs: number
  /** A run that takes longer is over: its `signal` aborts, and it counts as failed. */
  readonly deadlineMs: number
  /** An instance may die in the middle, and another begins from the start: what it does must bear being done again. */
  run(signal: AbortSignal): Promise<void>
}

/** Whoever sees to it that jobs run. */
export interface Upkeep {
  /** Have this job run as soon as may be: once, however often it is said before it begins. Never throws. */
  wake(name: string): void
  /** Resolves when nothing of it runs in this instance any more. */
  close(): Promise<void>
}
