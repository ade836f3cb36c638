// The webhooks as a command sees them beside running instances: by the store that all of them share, or by asking the one hub that has it.
import type { HubConf } from '#common/config/hub-conf.ts'
import type { Log } from '#common/log.ts'
import type { WebhookStatus } from '#common/status.ts'
import { openStoreForCommand } from '../store/open-store.ts'
import { askOwnHub } from './own-hub.ts'
import { Webhooks } from './webhooks.ts'

/** Both: @throws Error when the store or the hub does not answer */
export interface WebhookDesk {
  list(): Promise<WebhookStatus[]>
  /** False when there is no such webhook. */
  retry(name: string): Promise<boolean>
  close(): Promise<void>
}

/** @throws StoreUnavailableError */
export function openWebhookDesk(conf: HubConf, log: Log): Promise<WebhookDesk> {
  return conf.redis === undefined ? Promise.resolve(deskOfHub(conf, log)) : deskOnStore(conf, log)
}

async function deskOnStore(conf: HubConf, log: Log): Promise<WebhookDesk> {
  const store = await openStoreForCommand(conf, log)
  const alerts = { after: async () => [], onRaised: () => () => {} }
  const webhooks = new Webhooks({ confs: conf.webhooks, store, log, alerts, now: Date.now })
  return { list: () => webhooks.read(), retry: name => webhooks.retry(name), close: () => store.close() }
}

/** Without Redis only the hub itself can open the database. */
function deskOfHub(conf: HubConf, log: Log): WebhookDesk {
  const ask = async (method: 'GET' | 'POST', path: string) => {
    const { status, body } = await askOwnHub(conf, { method, path, log })
    if (status === 404) return undefined
    if (status < 200 || status > 299) throw new Error(`the hub answered ${status} to ${method} ${path}`)
    return body
  }
  return {
    list: async () => ((await ask('GET', '/api/v1/webhooks')) as { webhooks: WebhookStatus[] }).webhooks,
    retry: async name => (await ask('POST', `/api/v1/webhooks/${name}/retry`)) !== undefined,
    close: async () => {},
  }
}
