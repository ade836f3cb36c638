#!/usr/bin/env node
// meshcore-room: the command line of the edge.
import { type EdgeConf, readEdgeConf } from '#common/config/edge-conf.ts'
import { createLog } from '#common/log.ts'
import {
  aborted,
  exitCodes,
  failureCode,
  readCommandLine,
  refuseWords,
  stopSignal,
  UsageError,
} from '#common/program.ts'
import { version } from '#common/version.ts'
import { doctorCommand } from './commands/doctor-command.ts'
import { identityCommand, importIdentityCommand } from './commands/identity-commands.ts'
import { keygenCommand } from './commands/keygen-command.ts'
import { peersCommand, trustCommand } from './commands/peers-commands.ts'
import { postCommand } from './commands/post-command.ts'
import type { CommandIo } from './commands/room-api.ts'
import { blockCommand, blockedCommand, rfCommand, unblockCommand } from './commands/settings-commands.ts'
import { statusCommand } from './commands/status-command.ts'
import { tailCommand } from './commands/tail-command.ts'
import { startEdge } from './edge.ts'

const usage = `usage: meshcore-room [COMMAND] [--config FILE]

  run      serve the rooms until SIGTERM (default)
  check    read the config, say what is wrong with it, and what the radio can carry
  doctor   look at everything and say what is wrong and what to do; --json for programs, --deep reads the whole database
  status   show the links, counts and queues of the running room server; --json for programs
  post     [--room ROOM] [--author NAME] TEXT   write a post; without TEXT it is read from standard input
  tail     [--room ROOM] [-n COUNT]             show the last posts and follow

  peers                                         show the servers linked directly, and the key of each
  trust PEER                                    a peer's changed key is right: take it from now on
  rf [--room ROOM] [on|off]                     show or set the kill switch: off, and nothing of the room is on the air
  block, unblock [--room ROOM] KEY              a node by its key or the begin of it, an author by "name:Some Name"
  blocked [--room ROOM]                         show who is blocked
  identity                                      show the rooms' keys on the radio, and a link for contacts
  import-identity [--room ROOM] FILE|-          take over the private key of another room server ("get prv.key")
  keygen [--dir DIR] [--name HOST]... [--days N] [--force]
                                                make certificate, private key and secret for links; needs no config
  keygen --secret                               print a new secret only

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
  else return carryOut(line.command, line.words, line.confPath)
  return exitCodes.ok
}

/** All that need the config, but run and check. */
const commands = new Map<string, (io: CommandIo) => Promise<number>>([
  ['status', statusCommand],
  ['post', postCommand],
  ['peers', peersCommand],
  ['trust', trustCommand],
  ['rf', rfCommand],
  ['block', blockCommand],
  ['unblock', unblockCommand],
  ['blocked', blockedCommand],
  ['identity', identityCommand],
  ['import-identity', importIdentityCommand],
  ['tail', io => tailCommand(io, stopSignal())],
])

async function carryOut(command: string, words: readonly string[], confPath: string): Promise<number> {
  if (command === 'keygen') return keygenCommand({ words, print })
  const obey = commands.get(command)
  if (obey !== undefined) return obey({ conf: readEdgeConf(confPath), words, print, stdin: process.stdin })
  if (command === 'doctor') {
    // A name that no server answers for holds up the end of a process: resolv.conf(5) would have it wait for 10 s and more.
    process.env.RES_OPTIONS ??= 'timeout:4 attempts:1'
    return doctorCommand({ confPath, words, print })
  }
  if (command !== 'run' && command !== 'check') throw new UsageError(`unknown command "${command}"\n${usage}`)
  refuseWords(command, words)
  const conf = readEdgeConf(confPath)
  return command === 'run' ? run(conf) : check(conf)
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

async function check(conf: EdgeConf): Promise<number> {
  for (const warning of conf.warnings) tell(`warning: ${warning}\n`)
  if (conf.radio?.driver === 'kiss') {
    const { airPlan } = await import('./air-plan.ts')
    for (const line of airPlan(conf.radio, conf.rooms.length)) print(`${line}\n`)
  }
  print(`${conf.file}: no faults\n`)
  return exitCodes.ok
}

main().then(
  code => process.exit(code),
  error => process.exit(failureCode(error, tell)),
)
