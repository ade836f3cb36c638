// What a command of the hub says, and with which code the program ends.
import { failureCode, UsageError } from '#common/program.ts'
import type { CommandOutput } from '#hub/commands/command-output.ts'

/** @throws all that the command throws, but UsageError */
export async function commandHeard(run: (output: CommandOutput) => Promise<number>) {
  const said = { out: '', err: '' }
  const output = {
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
  }
  const code = await run(output).catch(error => {
    if (!(error instanceof UsageError)) throw error
    return failureCode(error, output.err)
  })
  return { code, ...said }
}
