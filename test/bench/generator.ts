// The load: its own process on its own core. Gets one job over IPC, runs it, sends the figures back and ends.
import { once } from 'node:events'
import { type BrokerName, type Client, nothingUsed, type Usage } from './broker.ts'
import { mcfedClient } from './clients/mcfed.ts'
import { mqttClient } from './clients/mqtt.ts'
import { natsClient } from './clients/nats.ts'
import type { FromConductor, FromGenerator, Job, Order, ScenarioName } from './control.ts'
import { within } from './deadline.ts'
import { catchUp } from './scenarios/catch-up.ts'
import { crash } from './scenarios/crash.ts'
import { edgeAlone } from './scenarios/edge-alone.ts'
import { edgeCatchUp } from './scenarios/edge-catch-up.ts'
import { edgeOnAir } from './scenarios/edge-on-air.ts'
import { fanOut } from './scenarios/fan-out.ts'
import { idleLinks } from './scenarios/idle-links.ts'
import { ingest } from './scenarios/ingest.ts'
import { paced } from './scenarios/paced.ts'
import { redisUse } from './scenarios/redis-use.ts'
import { type Scenario, Stage } from './stage.ts'

const answerMs = 90_000

const clients: Record<BrokerName, Client> = {
  mosquitto: mqttClient,
  'mosquitto-stock': mqttClient,
  nats: natsClient,
  hub: mcfedClient,
  'hub-2': mcfedClient,
  'hub-4': mcfedClient,
  edge: mcfedClient,
}
const scenarios: Record<ScenarioName, Scenario> = {
  ingest,
  paced,
  'fan-out': fanOut,
  'catch-up': catchUp,
  'edge-catch-up': edgeCatchUp,
  'edge-alone': edgeAlone,
  'edge-on-air': edgeOnAir,
  crash,
  'idle-links': idleLinks,
  'redis-use': redisUse,
}

function send(what: FromGenerator): void {
  process.send?.(what)
}

async function heard(): Promise<FromConductor> {
  const [what] = await once(process, 'message')
  return what
}

/** Has the conductor do something with the broker's processes. */
async function order(ask: Order): Promise<Usage> {
  const heardBack = heard()
  send({ ask })
  const answer = await within(answerMs, `answer to ${ask}`, heardBack)
  if ('refused' in answer) throw new Error(`${ask}: ${answer.refused}`)
  return ('answer' in answer && answer.answer) || nothingUsed
}

async function run(job: Job): Promise<void> {
  const client = clients[job.broker]
  await client.prepare(job.access)
  send({ figures: await scenarios[job.scenario](new Stage(client, job.access, order), job.params) })
}

const first = await within(answerMs, 'a job', heard())
try {
  if ('job' in first) await run(first.job)
} catch (error) {
  send({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
process.disconnect()
// Links may still be open; nothing of them is needed any more.
process.exit()
