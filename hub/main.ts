#!/usr/bin/env node
// federation-hub: the command line of the hub.
import { userInfo } from 'node:os'
import { type HubConf, readHubConf } from '#common/config/hub-conf.ts'
import { createLog, type Log } from '#common/log.ts'
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
import { startHub } from './app.ts'
import { type CommandProcess, isPostCommand, postCommand } from './commands/post-commands.ts'
import { parseSpokesArgs, spokesCommand } from './commands/spokes-command.ts'
import { parseTokenArgs, tokenCommand } from './commands/token-command.ts'
import { parseWebhooksArgs, webhooksCommand } from './commands/webhooks-command.ts'
import { Decisions } from './rights/decisions.ts'
import { openRegistry } from './store/open-registry.ts'
import { openWebhookDesk } from './webhooks/webhook-desk.ts'

const usage = `usage: federation-hub [run|check|token|spokes|webhooks|export|import|backup] [--config FILE]

  run      serve until SIGTERM (default)
  check    read the config, say what is wrong with it, and end
  token    create --role viewer|operator|admin [--name NAME] | list | revoke NAME_OR_ID
  spokes   [list] | approve ID | revoke ID [--why TEXT] | grant ID ROOM read|write|read,write|none | forget ID | audit
  webhooks [list] | retry NAME: how the webhooks do; sends again what one has given up
  export   --room ROOM | --all [--since TIME] [--until TIME]: posts as lines of JSON with their signatures, to standard output
  import   [FILE | -] [--room ROOM]: takes such lines in, each once; without Redis while the hub is stopped
  backup   FILE: data_dir of a hub without Redis as a tar file, also while it runs

  --config FILE   default /etc/federation-hub/hub.conf
  --version, --help

environment: LOG_FORMAT=json writes the log as JSON, LOG_LEVEL is debug, info (default), warn or error
`

const tell = (text: string) => void process.stderr.write(text)
const print = (text: string) => void process.stdout.write(text)

async function main(): Promise<number> {
  const {
    command,
    words,
    confPath,
    help,
    version: versionAsked,
  } = readCommandLine(process.argv.slice(2), '/etc/federation-hub/hub.conf')
  if (help) print(usage)
  else if (versionAsked) print(`federation-hub ${version}\n`)
  else return carryOut(command, words, confPath)
  return exitCodes.ok
}

function carryOut(command: string, words: readonly string[], confPath: string): Promise<number> | number {
  if (command === 'token') return token(readHubConf(confPath), words)
  if (command === 'webhooks') return webhooks(readHubConf(confPath), words)
  if (isPostCommand(command)) return postCommand(command, { conf: readHubConf(confPath), words }, commandProcess())
  if (command === 'spokes') return spokes(readHubConf(confPath), words)
  if (command !== 'run' && command !== 'check') throw new UsageError(`unknown command "${command}"\n${usage}`)
  refuseWords(command, words)
  const conf = readHubConf(confPath)
  return command === 'run' ? run(conf) : check(conf)
}

async function run(conf: HubConf): Promise<number> {
  const log = programLog()
  const stop = stopSignal()
  for (const warning of conf.warnings) log.warn(warning)
  const hub = await startHub(conf, log, stop).catch(error => {
    // Told to stop while it still waited for its store.
    if (!stop.aborted) throw error
  })
  if (hub === undefined) return exitCodes.ok
  await aborted(stop)
  log.info('Hub stops: spokes are told to come back')
  await hub.stop()
  return exitCodes.ok
}

function check(conf: HubConf): number {
  for (const warning of conf.warnings) tell(`warning: ${warning}\n`)
  print(`${conf.file}: no faults\n`)
  return exitCodes.ok
}

async function token(conf: HubConf, words: readonly string[]): Promise<number> {
  const args = parseTokenArgs(words)
  const { close, ...parts } = await openRegistry(conf, programLog(tell))
  try {
    return await tokenCommand(args, { ...parts, who: caller() }, { out: print, err: tell })
  } finally {
    await close()
  }
}

function webhooks(conf: HubConf, words: readonly string[]): Promise<number> {
  const openDesk = () => openWebhookDesk(conf, commandProcess().log)
  return webhooksCommand(parseWebhooksArgs(words), openDesk, { out: print, err: tell })
}

function commandProcess(): CommandProcess {
  const { stdin, stdout } = process
  return { stdin, stdout, tell, log: createLog({ json: false, level: 'warn', write: tell }) }
}

async function spokes(conf: HubConf, words: readonly string[]): Promise<number> {
  const args = parseSpokesArgs(words)
  // What was done is said by the command itself.
  const log = createLog({ json: false, level: 'warn', write: tell })
  const { close, ...parts } = await openRegistry(conf, log)
  const decisions = new Decisions({ ...parts, log })
  try {
    const given = { ...parts, decisions, enrol: conf.enrol, who: caller() }
    return await spokesCommand(args, given, { out: print, err: tell })
  } finally {
    await close()
  }
}

/** For the audit trail. Several people may be the hub's own user by sudo. */
function caller(): string {
  const { SUDO_USER = '' } = process.env
  return `cli:${/^[a-z_][a-z0-9_-]{0,31}$/i.test(SUDO_USER) ? SUDO_USER : userInfo().username}`
}

function programLog(write = print): Log {
  const { LOG_FORMAT, LOG_LEVEL } = process.env
  return createLog({ json: LOG_FORMAT === 'json', level: LOG_LEVEL ?? 'info', write })
}

main().then(
  code => process.exit(code),
  error => process.exit(failureCode(error, tell)),
)
