// Jobs that must not overlap: each begins when the one before has ended, however it did.

export type InTurn = <T>(job: () => Promise<T>) => Promise<T>

/** A row of its own; what it gives settles as the job does. */
export function oneByOne(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return job => {
    const done = last.then(job)
    last = done.catch(() => {})
    return done
  }
}
