// npm run demo: a hub and three cities on this machine, from first post to healed outages. Exit code 0 when all hold the same.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { exitCodes } from '#common/program.ts'
import { nodesOnTheAir, showAirtime, showPush } from './air-story.ts'
import { Cleanup } from './cleanup.ts'
import { Federation } from './federation.ts'
import { showHoldings, verdict } from './holdings.ts'
import { hubDies } from './hub-story.ts'
import { keepRunning } from './keep.ts'
import { People } from './people.ts'
import { Radios } from './radios.ts'
import { duration, heading, say, styled } from './screen.ts'
import { cityCutOff, postsTravel } from './story.ts'

const help = `npm run demo [-- --keep] [-- --redis]
  --keep    leaves everything running in the end, to try it out, until Ctrl-C
  --redis   two instances of the hub on a Redis, instead of a single hub by itself; needs redis-server
`

interface Options {
  keep: boolean
  redis: boolean
}

/** Somebody wants the demo to end: no failure of it. */
class Stopped extends Error {}

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'number') return options
  if (options.redis && spawnSync('redis-server', ['--version']).status !== 0) {
    process.stderr.write('--redis needs redis-server: apt-get install -y --no-install-recommends redis-server\n')
    return exitCodes.unavailable
  }
  const over = new AbortController()
  const stop = () => over.abort(new Stopped())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  // Whoever read the screen has gone, as in `npm run demo | head`.
  process.stdout.on('error', stop)
  const cleanup = new Cleanup()
  const federation = new Federation({
    cleanup,
    redis: options.redis,
    signal: over.signal,
    onDeath: error => over.abort(error),
  })
  try {
    return await play(federation, options, over.signal)
  } catch (error) {
    return failed(over.signal.aborted ? over.signal.reason : error)
  } finally {
    await federation.stop()
    await cleanup.finish()
  }
}

async function play(federation: Federation, { keep, redis }: Options, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now()
  heading(`1  ${redis ? 'Two hub instances on a Redis' : 'A hub'} and three cities start`)
  await federation.start()
  for (const { name, url, program } of [...federation.hubs, ...federation.cities])
    say(`${name.padEnd(8)} ${styled('dim', `process ${program.pid}`)}   ${url}`)
  say()
  say(
    `Own certificates, TLS, links proved by a shared secret: all linked after ${duration(performance.now() - startedAt)}.`,
  )
  say('Each city is linked with both others, too. These links stand by as long as the hub serves.')
  const people = await People.join(federation.cities, signal)
  try {
    const radios = await Radios.join(federation.cities, people, signal)
    radios.onPush = showPush
    const stage = { federation, people, radios, signal }
    await nodesOnTheAir(stage)
    await postsTravel(stage)
    await cityCutOff(stage)
    await hubDies(stage)
    heading('8  What everybody holds, and what the air was used for')
    const others = [{ name: 'the hub', api: await federation.viewHub() }]
    const guids = people.sent.map(({ guid }) => guid)
    const isEqual = await showHoldings({ cities: federation.cities, others, guids })
    say()
    await showAirtime(federation.cities)
    say()
    say(`${verdict(isEqual, guids.length)} ${styled('dim', `(${duration(performance.now() - startedAt)} in all)`)}`)
    if (keep) await keepRunning(stage)
    if (signal.aborted && !(signal.reason instanceof Stopped)) throw signal.reason
    return isEqual ? exitCodes.ok : exitCodes.failed
  } finally {
    people.leave()
  }
}

/** Gives the exit code instead when there is nothing to do. */
function readOptions(): Options | number {
  const options = {
    keep: { type: 'boolean', default: false },
    redis: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  try {
    const { values } = parseArgs({ options })
    if (!values.help) return values
    process.stdout.write(help)
    return exitCodes.ok
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${help}`)
    return exitCodes.usage
  }
}

function failed(error: unknown): number {
  if (error instanceof Stopped) return 130
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : error}\n`)
  return exitCodes.failed
}

process.exit(await main())
