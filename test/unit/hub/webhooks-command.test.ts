// The webhooks command: what it shows, what it asks for, which words it refuses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WebhookStatus } from '#common/status.ts'
import { parseWebhooksArgs, webhooksCommand } from '#hub/commands/webhooks-command.ts'
import { commandHeard } from '#test/support/command-heard.ts'

const working: WebhookStatus = {
  name: 'bot',
  waitingPosts: 0,
  failingSince: null,
  nextTry: null,
  lastSuccess: '2026-01-01T00:00:00.000Z',
  lastError: null,
  lastErrorAt: null,
  dead: { ranges: 0, posts: 0, total: 0 },
}
const failing: WebhookStatus = {
  name: 'wiki',
  waitingPosts: 12,
  failingSince: '2026-01-01T00:00:00.000Z',
  nextTry: '2026-01-01T01:00:00.000Z',
  lastSuccess: null,
  lastError: 'HTTP 503',
  lastErrorAt: '2026-01-01T00:50:00.000Z',
  dead: { ranges: 1, posts: 50, total: 70 },
}

async function run(words: string[], webhooks: WebhookStatus[] = [working, failing]) {
  const seen = { asked: [] as string[], opened: 0, closed: 0 }
  const openDesk = async () => {
    seen.opened += 1
    return {
      list: async () => webhooks,
      retry: async (name: string) => webhooks.some(webhook => webhook.name === name) && seen.asked.push(name) > 0,
      close: async () => {
        seen.closed += 1
      },
    }
  }
  const said = await commandHeard(async output => webhooksCommand(parseWebhooksArgs(words), openDesk, output))
  assert.equal(seen.closed, seen.opened)
  return { ...said, ...seen }
}

test('list, with and without its name', async () => {
  const { code, out } = await run([])
  assert.equal(code, 0)
  assert.equal(
    out,
    `bot: works
  last success 2026-01-01T00:00:00.000Z; 0 posts wait
  no error
  0 posts given up that can be sent again, 0 ever given up
wiki: fails since 2026-01-01T00:00:00.000Z, next try 2026-01-01T01:00:00.000Z
  last success never; 12 posts wait
  last error 2026-01-01T00:50:00.000Z: HTTP 503
  50 posts given up that can be sent again, 70 ever given up
`,
  )
  assert.equal((await run(['list'])).out, out)
  assert.match((await run(['list'], [])).err, /no webhooks in the config/)
})

test('retry of one that is there, and of one that is not', async () => {
  const known = await run(['retry', 'wiki'])
  assert.deepEqual([known.code, known.asked], [0, ['wiki']])
  const unknown = await run(['retry', 'nobody'])
  assert.deepEqual([unknown.code, unknown.asked], [1, []])
})

test('words that make no sense open nothing', async () => {
  for (const words of [['retry'], ['retry', 'a', 'b'], ['retry', '../x'], ['list', 'bot'], ['remove', 'bot']]) {
    const { code, err, opened } = await run(words)
    assert.deepEqual([code, opened], [64, 0], words.join(' '))
    assert.match(err, /usage: federation-hub webhooks/)
  }
})
