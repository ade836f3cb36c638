// Looks at the port of a radio while the room server does not run, and asks a KISS modem what it is.
import { constants } from 'node:fs'
import { access, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'
import type { RadioConf } from '#common/config/radio-conf.ts'
import { getDeviceName, getVersion } from '../radio/kiss-commands.ts'
import { KissSession, RefusedError } from '../radio/kiss-session.ts'
import { type Line, openLine } from '../radio/serial-line.ts'
import type { PortSeen } from './radio-check.ts'

const timings = { answerMs: 2000, metaMs: 50 }
/** Far more than a machine with a radio has. */
const processesMax = 2000

export async function lookAtPort(conf: RadioConf, signal: AbortSignal): Promise<PortSeen> {
  const blocked = conf.port.startsWith('tcp://') ? undefined : await deviceTrouble(conf.port)
  if (blocked !== undefined) return blocked
  try {
    const line = await openLine(conf.port, signal)
    if (conf.driver === 'kiss') return await askModem(line, signal)
    await line.close()
    return { kind: 'open' }
  } catch (error) {
    return { kind: 'silent', reason: error instanceof Error ? error.message : String(error) }
  }
}

async function deviceTrouble(port: string): Promise<PortSeen | undefined> {
  const found = await stat(port).catch(() => undefined)
  if (found === undefined) return { kind: 'missing' }
  if (!found.isCharacterDevice()) return { kind: 'no-device' }
  const mayOpen = await access(port, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!mayOpen) return { kind: 'forbidden' }
  const by = await holderOf(await realpath(port))
  return by === undefined ? undefined : { kind: 'held', by }
}

/** The program that has `device` open, of those whose files this user may see; Linux only. */
async function holderOf(device: string): Promise<string | undefined> {
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.filter(name => /^\d+$/.test(name) && name !== String(process.pid)).slice(0, processesMax)
  const holders = await Promise.all(pids.map(pid => holds(pid, device)))
  const pid = pids.find((_, index) => holders[index])
  if (pid === undefined) return undefined
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  return `"${name.trim()}" (process ${pid})`
}

async function holds(pid: string, device: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const files = await readdir(folder).catch(() => [])
  const links = await Promise.all(files.map(file => readlink(`${folder}/${file}`).catch(() => '')))
  return links.includes(device)
}

/** Changes nothing in the modem. Closes the line. */
async function askModem(line: Line, signal: AbortSignal): Promise<PortSeen> {
  const session = new KissSession({ line, timings, onPacket: () => {} })
  const end = () => session.end('no answer in time')
  signal.addEventListener('abort', end, { once: true })
  try {
    const version = await session.ask(getVersion)
    const board = await session.ask(getDeviceName).catch(error => {
      if (error instanceof RefusedError) return 'a KISS modem'
      throw error
    })
    return { kind: 'open', modem: `${board}, firmware ${version}` }
  } finally {
    signal.removeEventListener('abort', end)
    session.end('closed')
  }
}
