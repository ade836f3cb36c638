// A job of upkeep: something that is done again and again, by one instance of all at a time.

export interface Job {
  /** Names it among all jobs, in the metrics too: lower-case letters, digits, `-`. */
  readonly name: string
  /** It is due so often, and `wake` has it run sooner. */
  readonly everyMs: number
  /** A run that takes longer is over: its `signal` aborts, and it counts as failed. */
  readonly deadlineMs: number
  /** It frees memory, and so runs also while a full Redis takes no other write. */
  readonly makesRoom?: boolean
  /**
   * An instance may die in the middle, and another begins from the start: what it does must bear being done again.
   * It ends soon after `signal` aborts: too late, the instance stops, or others may do the job now.
   */
  run(signal: AbortSignal): Promise<void>
}

/** Whoever sees to it that jobs run. */
export interface Upkeep {
  /**
   * Have this job run as soon as may be: once, however often it is said before it begins; said during a run, after it, once for each
   * instance that says so at the most.
   * Never throws. It may be lost when the store is away: then the job runs when it is due.
   */
  wake(name: string): void
  /** Resolves when nothing of it runs in this instance any more. What it was doing another instance begins anew. */
  close(): Promise<void>
}
