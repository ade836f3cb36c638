// What a command of the hub says, and to whom.
import { RequestError } from '#common/errors.ts'

/** `err` takes what a person should read while `out` goes into a variable or a pipe. */
export interface CommandOutput {
  out(text: string): void
  err(text: string): void
}

/** The exit code of `action`, or 1 with the reason where it is refused. @throws all but RequestError */
export async function refusedTo({ err }: CommandOutput, action: () => Promise<number>): Promise<number> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    err(`${error.message}\n`)
    return 1
  }
}
