// Who the hub is: one Ed25519 identity for all instances, from a file or kept in the store.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { HubConf } from '#common/config/hub-conf.ts'
import { StoreUnavailableError } from '#common/errors.ts'
import { type Identity, identityFromPem, newIdentityPem } from '#common/identity.ts'
import type { Log } from '#common/log.ts'
import { answerWhileWaiting } from './http/waiting-server.ts'
import type { HubStore } from './store/hub-store.ts'

const storeRetryMs = 1000

/** From the file of the config, or the one all instances share in the store. Waits for a store that is away. */
export async function hubIdentity(
  conf: HubConf,
  store: HubStore,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<Identity> {
  if (conf.identityPath !== undefined) return identityFromPem(readFileSync(conf.identityPath, 'utf8'))
  const candidate = newIdentityPem()
  const pem = await storedPem(store, candidate)
  if (pem !== undefined) return identityFromPem(pem)
  log.warn(`waiting for the store: ${store.reason}`)
  const waiting = await answerWhileWaiting(conf, () => store.reason, log)
  try {
    for (;;) {
      await delay(storeRetryMs, undefined, { signal })
      const found = await storedPem(store, candidate)
      if (found !== undefined) return identityFromPem(found)
    }
  } finally {
    await waiting.close()
  }
}

/** Undefined while the store is away. */
async function storedPem(store: HubStore, candidate: string): Promise<string | undefined> {
  try {
    return await store.identityPem(candidate)
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined
    throw error
  }
}
