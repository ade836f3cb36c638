// `federation-hub webhooks [list] | retry NAME`: how the webhooks do, and the wish to have sent again what was given up.
import { UsageError } from '#common/program.ts'
import type { WebhookStatus } from '#common/status.ts'
import type { WebhookDesk } from '../webhooks/webhook-desk.ts'
import type { CommandOutput } from './command-output.ts'

const webhooksUsage = `usage: federation-hub webhooks [list]
       federation-hub webhooks retry NAME`

export type WebhooksArgs = { action: 'list' } | { action: 'retry'; name: string }

/** The words behind `webhooks`, without `--config`. @throws UsageError */
export function parseWebhooksArgs(words: readonly string[]): WebhooksArgs {
  const [action = 'list', name, ...more] = words
  if (action === 'list' && name === undefined) return { action }
  if (action === 'retry' && name !== undefined && more.length === 0 && /^[a-z0-9-]+$/.test(name))
    return { action, name }
  throw new UsageError(action === 'retry' ? 'say which webhook: its name' : 'say list or retry NAME', webhooksUsage)
}

/** Gives the exit code: 0, or 1 when there is no such webhook. @throws Error when nobody answers */
export async function webhooksCommand(
  args: WebhooksArgs,
  openDesk: () => Promise<WebhookDesk>,
  output: CommandOutput,
): Promise<number> {
  const desk = await openDesk()
  try {
    return args.action === 'list' ? showAll(await desk.list(), output) : await retry(args.name, desk, output)
  } finally {
    await desk.close()
  }
}

function showAll(webhooks: readonly WebhookStatus[], output: CommandOutput): number {
  output.out(webhooks.map(shown).join(''))
  if (webhooks.length === 0) output.err('There are no webhooks in the config.\n')
  return 0
}

function shown({
  name,
  waitingPosts,
  failingSince,
  nextTry,
  lastSuccess,
  lastError,
  lastErrorAt,
  dead,
}: WebhookStatus): string {
  const lines = [
    `${name}: ${failingSince === null ? 'works' : `fails since ${failingSince}, next try ${nextTry}`}`,
    `last success ${lastSuccess ?? 'never'}; ${waitingPosts} posts wait`,
    lastError === null ? 'no error' : `last error ${lastErrorAt}: ${lastError}`,
    `${dead.posts} posts given up that can be sent again, ${dead.total} ever given up`,
  ]
  return `${lines.join('\n  ')}\n`
}

async function retry(name: string, desk: WebhookDesk, output: CommandOutput): Promise<number> {
  if (await desk.retry(name)) {
    output.err(`What "${name}" has given up is sent again within a minute; "webhooks list" shows what is left.\n`)
    return 0
  }
  output.err(`There is no webhook "${name}" in the config.\n`)
  return 1
}
