// The commands of a hub beside it, with what goes in and comes out, however much it is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type RunResult, usualEnv } from './program.ts'
import type { HubProgram } from './programs.ts'

const projectDir = fileURLToPath(new URL('../../', import.meta.url))
const deadlineMs = 30_000

/** Runs `federation-hub` with the config of `hub`, whether that runs or not. `input`: standard input. */
export async function hubCommand(hub: HubProgram, words: readonly string[], input = ''): Promise<RunResult> {
  const args = ['hub/main.ts', ...words, '--config', join(hub.dir, 'program.conf')]
  const options = { cwd: projectDir, env: usualEnv(), timeout: deadlineMs } as const
  const child = spawn(process.execPath, args, options)
  const ended = once(child, 'close')
  // One that ends before it has read everything has its reasons.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  await ended
  if (child.exitCode === null) throw new Error(`${words.join(' ')} did not end by itself\n${err}`)
  return { code: child.exitCode, out, err }
}
