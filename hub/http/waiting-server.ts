// What a hub answers while it waits for its store at the start: it lives, it is not ready, and why.
import type { HubConf } from '#common/config/hub-conf.ts'
import { createHttpServer } from '#common/http/http-server.ts'
import type { Log } from '#common/log.ts'

export interface WaitingServer {
  close(): Promise<void>
}

/** Listens where the hub will. @throws Error when the address is in use */
export async function answerWhileWaiting(
  { listen, tls }: HubConf,
  reason: () => string,
  log: Log,
): Promise<WaitingServer> {
  const app = await createHttpServer({ log, ...(tls && { tls }) })
  app.get('/livez', async (_request, reply) => reply.type('text/plain').send('ok'))
  app.get('/readyz', async (_request, reply) => reply.code(503).send({ ready: false, reasons: [reason()] }))
  await app.listen(listen)
  return { close: () => app.close() }
}
