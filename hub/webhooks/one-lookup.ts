// Names are looked up one at a time: the system's lookup holds a thread for as long as the DNS is silent, and the few there are check signatures, too.
import type { LookupFunction } from 'node:net'

/** Each lookup begins when the one before has ended, however it did. */
export function oneAtATime(lookup: LookupFunction): LookupFunction {
  let last = Promise.resolve()
  return (hostname, options, done) => {
    last = last.then(
      () =>
        new Promise<void>(resolve => {
          lookup(hostname, options, (error, address, family) => {
            resolve()
            done(error, address, family)
          })
        }),
    )
  }
}
