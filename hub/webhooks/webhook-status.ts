// How a webhook does, for /status, the metrics and the command.
import type { WebhookStatus } from '#common/status.ts'
import { postsIn } from './dead-letters.ts'
import type { Webhook } from './webhook.ts'
import { newHealth } from './webhook-notes.ts'

/** @throws StoreUnavailableError */
export async function webhookStatus(webhook: Webhook): Promise<WebhookStatus> {
  const health = await webhook.look()
  const { failing, lastSuccessAt, lastError, lastErrorAt, deadTotal } = health ?? newHealth
  const dead = await webhook.notes.dead()
  return {
    name: webhook.conf.name,
    waitingPosts: health === undefined ? 0 : await waitingPosts(webhook),
    failingSince: isoTime(failing?.since),
    nextTry: isoTime(failing?.nextTryAt),
    lastSuccess: isoTime(lastSuccessAt),
    lastError,
    lastErrorAt: isoTime(lastErrorAt),
    dead: { ranges: dead.length, posts: postsIn(dead), total: deadTotal },
  }
}

async function waitingPosts(webhook: Webhook): Promise<number> {
  const counts = (await webhook.logs()).map(log => webhook.waiting(log))
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}

function isoTime(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : new Date(at).toISOString()
}
