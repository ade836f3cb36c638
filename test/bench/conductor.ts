// Runs one job: a fresh broker on one core, the generator on the other, and the orders between them; leaves nothing behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Broker, BrokerName, BrokerOptions, Certs, Usage } from './broker.ts'
import { edgeIsHere, HubWithEdge } from './brokers/edge.ts'
import { Hub, hubIsHere } from './brokers/hub.ts'
import { Mosquitto } from './brokers/mosquitto.ts'
import { Nats } from './brokers/nats.ts'
import type { Figures, FromConductor, FromGenerator, Job, Order } from './control.ts'
import { within } from './deadline.ts'
import { Disk } from './disk.ts'
import { killHard } from './processes.ts'

export const brokerCore = 0
export const generatorCore = 1
const jobMs = 600_000

const makers: Record<BrokerName, (options: BrokerOptions) => Promise<Broker>> = {
  mosquitto: options => Mosquitto.create(options),
  'mosquitto-stock': options => Mosquitto.create(options, true),
  nats: options => Nats.create(options),
  hub: options => Hub.create(options),
  'hub-2': options => Hub.create(options, 2),
  'hub-4': options => Hub.create(options, 4),
  edge: options => HubWithEdge.create(options),
}

export function canRun(broker: BrokerName): boolean {
  if (broker.startsWith('hub')) return hubIsHere()
  return broker !== 'edge' || edgeIsHere()
}

export interface JobOptions extends Pick<Job, 'broker' | 'scenario' | 'params'> {
  /** Everything of the job lives below it, in a folder that is removed. */
  rootDir: string
  certs: Certs
  /** Ends the job early; what it started is still put away. */
  signal: AbortSignal
}

/** @throws Error with the generator's stack when the scenario fails, after 10 minutes, or when the signal says so */
export async function runJob(options: JobOptions): Promise<Figures> {
  const { broker: name, scenario, params, rootDir, certs, signal } = options
  const workDir = mkdtempSync(join(rootDir, `${name}-`))
  let disk: Disk | undefined
  let broker: Broker | undefined
  let order: Promise<unknown> = Promise.resolve()
  try {
    if (params.powerCut) disk = Disk.create(workDir)
    const dataDir = join(disk?.mountDir ?? workDir, 'data')
    mkdirSync(dataDir)
    const made = await makers[name]({ workDir, dataDir, certs, core: brokerCore, generatorCore })
    broker = made
    await made.start()
    const job = { broker: name, scenario, params, access: made.access }
    const onOrder = (ask: Order) => {
      const done = obey(ask, made, disk)
      order = done
      return done
    }
    return await generate(job, onOrder, signal)
  } finally {
    // An order under way may still start a process.
    await order.catch(() => {})
    await broker?.kill()
    disk?.remove()
    rmSync(workDir, { recursive: true })
  }
}

async function obey(ask: Order, broker: Broker, disk: Disk | undefined): Promise<Usage | null> {
  switch (ask) {
    case 'usage':
      return broker.usage()
    case 'kill':
      await broker.kill()
      return null
    case 'start':
      await broker.start()
      return null
    case 'edge-usage':
      return broker.edgeUsage?.() ?? null
    case 'edge-start':
      await broker.startEdge?.('linked')
      return null
    case 'edge-start-alone':
      await broker.startEdge?.('alone')
      return null
    case 'edge-start-on-air':
      await broker.startEdge?.('on-air')
      return null
    case 'edge-stop':
      await broker.stopEdge?.()
      return null
    case 'edge-end':
      await broker.endEdge?.()
      return null
    case 'sync':
      disk?.sync()
      return null
    case 'power-cut':
      disk?.cutPower()
      await broker.kill()
      disk?.restore()
      return null
  }
}

type OnOrder = (ask: Order) => Promise<Usage | null>

async function generate(job: Job, onOrder: OnOrder, signal: AbortSignal): Promise<Figures> {
  const file = fileURLToPath(new URL('./generator.ts', import.meta.url))
  const command = ['-c', String(generatorCore), process.execPath, '--max-old-space-size=8192', file]
  const generator = spawn('taskset', command, { stdio: ['ignore', 2, 2, 'ipc'] })
  try {
    const talk = Promise.race([converse(generator, job, onOrder), aborted(signal)])
    return await within(jobMs, `${job.scenario} on ${job.broker}`, talk)
  } finally {
    await killHard(generator)
  }
}

function converse(generator: ChildProcess, job: Job, onOrder: OnOrder): Promise<Figures> {
  const say = (what: FromConductor) => generator.send(what)
  return new Promise((resolve, reject) => {
    generator.once('exit', code => reject(new Error(`the generator ended with ${code}`)))
    generator.on('message', (what: FromGenerator) => {
      if ('figures' in what) resolve(what.figures)
      else if ('failed' in what) reject(new Error(what.failed))
      else {
        onOrder(what.ask).then(
          answer => say({ answer }),
          (error: unknown) => say({ refused: String(error) }),
        )
      }
    })
    say({ job })
  })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error('stopped'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
