#!/usr/bin/env node
// meshcore-room: the command line of the edge.
import { type EdgeConf, readEdgeConf } from '#common/config/edge-conf.ts'
import { createLog } from '#common/log.ts'
import { aborted, exitCodes, failureCode, readCommandLine, stopSignal, UsageError } from '#common/program.ts'
import { version } from '#common/version.ts'
import { postCommand } from './commands/post-command.ts'
import { statusCommand } from './commands/status-command.ts'
import { tailCommand } from './commands/tail-command.ts'
import { startEdge } from './edge.ts'

const usage = `usage: meshcore-room [run|check|status|post|tail] [--config FILE]

  run      serve the rooms until SIGTERM (default)
  check    read the config, say what is wrong with it, and end
  status   show the links, counts and queues of the running room server; --json for programs
  post     [--room ROOM] [--author NAME] TEXT   write a post; without TEXT it is read from standard input
  tail     [--room ROOM] [-n COUNT]             show the last posts and follow

  --config FILE   default /etc/meshcore/room.conf
  --version, --help

environment: LOG_FORMAT=json writes the log as JSON, LOG_LEVEL is debug, info (default), warn or error
`

const tell = (text: string) => void process.stderr.write(text)
const print = (text: string) => void process.stdout.write(text)

async function main(): Promise<number> {
  const line = readCommandLine(process.argv.slice(2), '/etc/meshcore/room.conf')
  if (line.help) print(usage)
  else if (line.version) print(`meshcore-room ${version}\n`)
  else return command(line.command, readEdgeConf(line.confPath), line.words)
  return exitCodes.ok
}

async function command(name: string, conf: EdgeConf, words: readonly string[]): Promise<number> {
  const io = { conf, words, print, stdin: process.stdin }
  if (name === 'run') return run(conf)
  if (name === 'check') return check(conf)
  if (name === 'status') return statusCommand(io)
  if (name === 'post') return postCommand(io)
  if (name === 'tail') return tailCommand(io, stopSignal())
  throw new UsageError(`unknown command "${name}"\n${usage}`)
}

async function run(conf: EdgeConf): Promise<number> {
  const { LOG_FORMAT, LOG_LEVEL } = process.env
  const log = createLog({ json: LOG_FORMAT === 'json', level: LOG_LEVEL ?? 'info' })
  const stop = stopSignal()
  for (const warning of conf.warnings) log.warn(warning)
  const edge = await startEdge(conf, log)
  await aborted(stop)
  log.info('Room server stops')
  await edge.stop()
  return exitCodes.ok
}

function check(conf: EdgeConf): number {
  for (const warning of conf.warnings) tell(`warning: ${warning}\n`)
  print(`${conf.file}: no faults\n`)
  return exitCodes.ok
}

main().then(
  code => process.exit(code),
  error => process.exit(failureCode(error, tell)),
)
