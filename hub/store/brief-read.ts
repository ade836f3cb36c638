// Reads what a status tells from the store, for which nobody waits long: a status must come also when the store does not answer.
import { StoreUnavailableError } from '#common/errors.ts'

const patienceMs = 250

/**
 * Calls that come while one is under way share it. Each resolves when `read` has ended, or soon all the same: then what was known
 * before has to do. @throws what `read` throws, but StoreUnavailableError
 */
export function briefly(read: () => Promise<unknown>): () => Promise<void> {
  let reading: Promise<unknown> | undefined
  const tolerate = (error: unknown) => {
    if (!(error instanceof StoreUnavailableError)) throw error
  }
  return async () => {
    reading ??= read()
      .catch(tolerate)
      .finally(() => {
        reading = undefined
      })
    await Promise.race([reading, new Promise(resolve => setTimeout(resolve, patienceMs).unref())])
  }
}
